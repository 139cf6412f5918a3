import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { rootCommand, rootResult } from '../../src/connection/become.ts'
import { ProvisionError } from '../../src/errors.ts'
import { secret } from '../../src/secret.ts'
import { aHost } from './host-fixture.ts'

const NONCE = '0123abcd'
const raw = (status: number, stderr: string, stdout = '') => ({ status, stdout, stderr })
const withPassword = { becomePassword: secret('s3cret pass') }

const run = (command: string, input: string, env: Record<string, string> = { PATH: process.env.PATH ?? '' }) => {
  const done = spawnSync('/bin/sh', ['-c', command], { input, env, encoding: 'utf8' })
  return { status: done.status ?? 255, stdout: done.stdout, stderr: done.stderr }
}

test('the command is the same whatever the script, the password and the nonce', () => {
  const command = (password: string, script: string, nonce: string) =>
    rootCommand(aHost({ becomePassword: secret(password) }), nonce, script).command
  expect(command('one', 'echo 1', 'aa')).toBe(command('two', 'echo 2', 'bb'))
  expect(rootCommand(aHost(), 'aa', 'x').command).toBe(rootCommand(aHost(), 'bb', 'y').command)
})

test.each([
  ['sudo', aHost()],
  ['sudo with a password', aHost(withPassword)],
  ['root', aHost({ user: 'root', become: 'none' })],
])('the command for %s is one that every login shell reads alike', (_, host) => {
  const { command } = rootCommand(host, NONCE, 'true')
  const inside = /^sh -c '([^']*)'$/.exec(command)?.[1] ?? ''
  expect(command === 'sh' || inside !== '').toBe(true)
  expect(inside).not.toMatch(/\n|\\\\|!(?!;)/)
  const parsed = spawnSync('/bin/sh', ['-n', '-c', inside], { encoding: 'utf8' })
  expect(parsed.stderr).toBe('')
})

test('root needs no sudo, whatever become says', () => {
  expect(rootCommand(aHost({ user: 'root', ...withPassword }), NONCE, 'x').command).toBe('sh')
})

test('a password is the first line of the input and nowhere else', () => {
  const { command, input } = rootCommand(aHost(withPassword), NONCE, 'echo hi')
  expect(input.split('\n')[0]).toBe('s3cret pass')
  expect(input.split('s3cret')).toHaveLength(2)
  expect(command).not.toContain('s3cret')
})

test.each(['two\nlines', 'cr\r', 'nul\0'])('a password that no prompt takes is refused: %j', (password) => {
  expect(() => rootCommand(aHost({ becomePassword: secret(password) }), NONCE, 'x')).toThrow(/more than one line/)
})

test('the marker tells who runs the script, and the script keeps its own output and status', () => {
  const host = aHost({ become: 'none' })
  const { command, input } = rootCommand(host, NONCE, 'echo out; echo err >&2; exit 7')
  const result = rootResult(host, NONCE, run(command, input))
  if (process.getuid?.() === 0) expect(result).toEqual(raw(7, 'err\n', 'out\n'))
  else expect(result).toMatchObject({ code: 'become', message: expect.stringContaining('not root') })
})

test.each([
  ['sudo', aHost()],
  ['sudo with a password', aHost(withPassword)],
])('without sudo on the host, %s says so and ends', (_, host) => {
  const { command, input } = rootCommand(host, NONCE, 'echo never')
  // /bin/sh starts sh by its path here, so that nothing at all can be found by name.
  const done = run(command.replace(/^sh /, '/bin/sh '), input, { PATH: '/nonexistent' })
  expect(done.stdout).toBe('')
  expect(rootResult(host, NONCE, done)).toMatchObject({ code: 'become', message: 'sudo is not installed' })
})

test('what comes before the marker is dropped: banners, the lecture of sudo', () => {
  const stderr = `Welcome!\n[sudo: authenticate] Password: @@${NONCE} root 0\nmine\n`
  expect(rootResult(aHost(), NONCE, raw(0, stderr))).toEqual(raw(0, 'mine\n'))
})

test('a marker with another nonce is no marker', () => {
  expect(rootResult(aHost(), NONCE, raw(0, '@@ffff root 0\n'))).toBeInstanceOf(ProvisionError)
})

// What sudo 1.9.16 and sudo-rs 0.2.5 really print under LC_ALL=C.
test.each([
  ['no password given', aHost(), 1, 'sudo: a password is required\n', /asks for the password/],
  [
    'no password given, sudo-rs',
    aHost(),
    1,
    'sudo-rs: interactive authentication is required\n',
    /asks for the password/,
  ],
  [
    'wrong',
    aHost(withPassword),
    1,
    'Sorry, try again.\n\nsudo: no password was provided\nsudo: 1 incorrect password attempt\n',
    /does not accept the password/,
  ],
  [
    'wrong, sudo-rs',
    aHost(withPassword),
    1,
    'sudo: Authentication failed, try again.\nsudo-rs: Maximum 3 incorrect authentication attempts\n',
    /does not accept the password/,
  ],
  ['not in sudoers', aHost(withPassword), 1, 'deploy is not in the sudoers file.\n', /may not become root/],
  [
    'not in sudoers, sudo-rs',
    aHost(withPassword),
    1,
    "sudo-rs: I'm sorry deploy. I'm afraid I can't do that\n",
    /may not become root/,
  ],
  ['a tty wanted', aHost(), 1, 'sudo: sorry, you must have a tty to run sudo\n', /no root shell.*must have a tty/],
  ['anything else', aHost(withPassword), 1, 'sudo: /etc/sudoers is owned by uid 1\n', /no root shell.*owned by uid 1/],
  ['no room for the FIFO', aHost(withPassword), 98, '', /no directory can be written/],
  ['no shell', aHost({ user: 'root' }), 1, 'This account is currently not available.\n', /did not start sh/],
])('explains a failure: %s', (_, host, status, stderr, message) => {
  const result = rootResult(host, NONCE, raw(status, stderr))
  expect(result).toMatchObject({ code: 'become', host: 'web1', message: expect.stringMatching(message) })
})
