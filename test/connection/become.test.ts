import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { noRoot, rootCommand } from '../../src/connection/become.ts'
import { connectLocal } from '../../src/connection/local.ts'
import { secret } from '../../src/masking/secret.ts'
import { start } from '../shell/start.ts'
import { aHost } from './host-fixture.ts'

const NONCE = '0123abcd'
const withPassword = { becomePassword: secret('s3cret pass') }

const run = (command: string, input: string, env: Record<string, string> = { PATH: process.env.PATH ?? '' }) => {
  return start('/bin/sh', ['-c', command], { input, env })
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
  const parsed = start('/bin/sh', ['-n', '-c', inside])
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
  const { command, input } = rootCommand(aHost({ become: 'none' }), NONCE, 'echo out; echo err >&2; exit 7')
  const marker = `@@${NONCE} root ${process.getuid?.()}\n`
  expect(run(command, input)).toEqual({ status: 7, stdout: `${marker}out\n`, stderr: `${marker}err\n` })
})

test('a script is run as root or not at all', async () => {
  const here = await connectLocal(aHost({ become: 'none' }), process.env)
  const ran = here.exec('echo out; echo err >&2; exit 7')
  if (process.getuid?.() === 0) expect(await ran).toEqual({ status: 7, stdout: 'out\n', stderr: 'err\n' })
  else await expect(ran).rejects.toMatchObject({ code: 'become', message: expect.stringContaining('not root') })
})

test.each([
  ['sudo', aHost()],
  ['sudo with a password', aHost(withPassword)],
])('without sudo on the host, %s says so and ends', (_, host) => {
  const { command, input } = rootCommand(host, NONCE, 'echo never')
  // /bin/sh starts sh by its path here, so that nothing at all can be found by name.
  const done = run(command.replace(/^sh /, '/bin/sh '), input, { PATH: '/nonexistent' })
  expect(done.stdout).toBe('')
  expect(noRoot(host, done)).toMatchObject({ code: 'become', message: 'sudo is not installed' })
})

// A stand-in for sudo that tells what it finds in its environment, and then is what the login shell started.
const SUDO_THAT_LOOKS = `#!/bin/sh
env >"$(dirname "$0")/environment"
`

test('C67: the password is in no environment, whatever the login exports', () => {
  const dir = mkdtempSync(join(tmpdir(), 'become-'))
  try {
    for (const name of ['sudo', 'mkfifo', 'mktemp']) {
      const real = start('/bin/sh', ['-c', `command -v ${name}`]).stdout.trim()
      const look = SUDO_THAT_LOOKS.replace('environment', `environment.${name}`)
      writeFileSync(join(dir, name), name === 'sudo' ? look : `${look}exec ${real} "$@"\n`, { mode: 0o755 })
    }
    const { command, input } = rootCommand(aHost(withPassword), NONCE, 'echo hi')
    const exported = Object.fromEntries([...'pdtcfs'].map((name) => [name, 'from outside']))
    // bash as sh exports all that it assigns when it is told so from outside.
    for (const more of [{}, { SHELLOPTS: 'allexport' }]) {
      for (const shell of ['/bin/sh', '/bin/bash']) {
        const env = { PATH: `${dir}:${process.env.PATH}`, HOME: dir, ...exported, ...more }
        run(command.replace(/^sh /, `${shell} `), input, env)
        const seen = readdirSync(dir).filter((name) => name.startsWith('environment.'))
        expect(seen.sort()).toEqual(['environment.mkfifo', 'environment.mktemp', 'environment.sudo'])
        for (const name of seen) expect(readFileSync(join(dir, name), 'utf8')).not.toContain('s3cret')
        for (const name of seen) rmSync(join(dir, name))
      }
    }
  } finally {
    rmSync(dir, { recursive: true })
  }
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
  expect(noRoot(host, { status, stdout: '', stderr })).toMatchObject({
    code: 'become',
    host: 'web1',
    message: expect.stringMatching(message),
  })
})
