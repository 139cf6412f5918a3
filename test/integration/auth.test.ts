import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startAgent } from '../connection/agent.ts'
import { testLab } from '../lab/test-labs.ts'
import { CLI } from './provision.ts'
import { onTerminal } from './terminal.ts'
import { type HostSettings, testBed } from './test-bed.ts'

const bed = testBed({
  ...testLab('auth'),
  hosts: [
    { name: 'one', user: 'deploy' },
    { name: 'two', user: 'deploy' },
    { name: 'bare', user: 'deploy', sudo: 'password' },
  ],
})

/** A home of its own, so that no key of who runs the tests is offered. */
const home = () => {
  const dir = mkdtempSync(join(bed.dir, 'home-'))
  mkdirSync(join(dir, '.ssh'), { mode: 0o700 })
  return dir
}
const login = () => join(bed.lab.dir, 'id_ed25519')
const env = (HOME: string, more: NodeJS.ProcessEnv = {}) => ({ HOME, SSH_AUTH_SOCK: '', ...more })
const keygen = (path: string, passphrase = '') => {
  execFileSync('ssh-keygen', ['-q', '-a', '1', '-t', 'ed25519', '-f', path, '-N', passphrase, '-C', 'a test'])
  return path
}

/** The same hosts, without the key that the bed names for all. */
const project = (hosts: Readonly<Record<string, HostSettings>>, connection: object = {}, body?: string) => {
  const about = bed.project({
    roles: { mark: body ?? "[file({ path: '/root/mark', content: 'here\\n' })]" },
    use: ['file', 'authorizedKeys'],
    hosts,
  })
  const path = join(about.dir, 'inventories/test/hosts.yml')
  const written = JSON.parse(readFileSync(path, 'utf8'))
  const { known_hosts } = written.connection
  about.write({
    'inventories/test/hosts.yml': JSON.stringify({ ...written, connection: { known_hosts, ...connection } }),
  })
  return about
}
const journal = (name: string, since: string) => bed.on(name, `journalctl -q -u ssh --since '${since}' -o cat`)
const now = async (name: string) => (await bed.on(name, 'date "+%F %T"')).trim()

test('an agent with ten keys gets in where sshd takes four tries, and offers the right one first to the next host', async () => {
  for (const name of ['one', 'two']) {
    await bed.on(name, "echo 'MaxAuthTries 4' >/etc/ssh/sshd_config.d/00-tries.conf && systemctl reload ssh")
  }
  const HOME = home()
  const others = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => keygen(join(HOME, `other-${n}`)))
  const { socket } = await startAgent(HOME, [...others, login()])
  const SSH_AUTH_SOCK = socket
  const since = await now('two')
  const run = await project({ one: {}, two: {} }).start(['--forks', '1'], { env: env(HOME, { SSH_AUTH_SOCK }) }).done
  expect(run.failures()).toEqual([])
  expect(run.status).toBe(0)
  const seen = await journal('two', since)
  expect(seen.match(/Accepted publickey/g)).toHaveLength(1)
  expect(seen).not.toMatch(/Too many|maximum authentication attempts/)

  // Its public part names it for both transports: no other is offered.
  const mine = join(HOME, 'mine')
  copyFileSync(`${login()}.pub`, `${mine}.pub`)
  for (const transport of ['ssh', 'openssh']) {
    const named = project({ one: {} }, { transport, identity_file: `${mine}.pub` })
    expect((await named.start(['--check'], { env: env(HOME, { SSH_AUTH_SOCK }) }).done).failures()).toEqual([])
  }

  const strangers = await startAgent(home(), others.slice(0, 2))
  const refused = await project({ two: {} }).start([], { env: env(HOME, { SSH_AUTH_SOCK: strangers.socket }) }).done
  expect(refused.failure('two')).toMatchObject({
    code: 'auth',
    message: expect.stringMatching(
      /^deploy@\S+ refuses the login: it takes none of the 2 keys offered; the server accepts publickey, password$/,
    ),
    hint: expect.stringContaining('--ask-password'),
    log: others
      .slice(0, 2)
      .map(
        (path) =>
          `offered: ED25519 ${execFileSync('ssh-keygen', ['-lf', path], { encoding: 'utf8' }).split(' ')[1]} (a test, ssh-agent)`,
      ),
  })
})

test('the passphrase of a key is asked for once, however many hosts use it, and only on a terminal', async () => {
  const HOME = home()
  const mine = join(HOME, 'mine')
  copyFileSync(login(), mine)
  execFileSync('ssh-keygen', ['-q', '-a', '1', '-p', '-f', mine, '-N', 'open sesame', '-P', ''])
  const { dir, run } = project({ one: {}, two: {} }, { identity_file: mine })
  const { status, shown } = await onTerminal({
    cwd: dir,
    args: ['-i', 'test', '--check'],
    columns: 160,
    rows: 40,
    answers: [
      ['passphrase of', 'open\r'],
      ['that is not it', 'open sesame\r'],
    ],
    env: env(HOME),
  })
  expect(shown).not.toContain('open sesame')
  // A third question would have had no answer.
  expect([status, shown]).toEqual([0, expect.stringContaining('that is not it; passphrase of')])
  const silent = await run('--check')
  for (const host of ['one', 'two']) {
    expect(silent.failure(host)).toMatchObject({
      code: 'auth',
      message: expect.stringContaining('mine is encrypted, and of ssh-agent: '),
      hint: expect.stringContaining('ssh-add'),
    })
  }
})

test('first contact with bare metal: its key is compared and recorded, a password lets us in, and a key from then on', async () => {
  await bed.on('bare', 'mv /home/deploy/.ssh/authorized_keys /root/')
  const HOME = home()
  const mine = keygen(join(HOME, '.ssh', 'id_ed25519'))
  const known = join(HOME, '.ssh', 'known_hosts')
  const password = readFileSync(join(bed.lab.dir, 'become_password'), 'utf8').trim()
  const publicKey = readFileSync(`${mine}.pub`, 'utf8').trim()
  const body = `[authorizedKeys({ user: 'deploy', keys: ['${publicKey}'] })]`
  const { dir, start } = project({ bare: {} }, { known_hosts: known }, body)
  const shell = (args: readonly string[], input = '') =>
    spawnSync(process.execPath, [CLI, ...args], {
      cwd: dir,
      input,
      encoding: 'utf8',
      env: { ...process.env, ...env(HOME), XDG_CACHE_HOME: join(dir, 'cache'), XDG_STATE_HOME: join(dir, 'state') },
    })

  const stranger = await start([], { env: env(HOME) }).done
  expect(stranger.failure('bare')).toMatchObject({ code: 'host-key', hint: expect.stringContaining('provision trust') })
  const silent = shell(['trust', '-i', 'test'])
  expect([silent.status, existsSync(known)]).toEqual([2, false])
  const shownKey = (await bed.on('bare', 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub')).split(' ')[1]
  expect(silent.stdout).toContain(shownKey)
  const asked = { cwd: dir, columns: 160, rows: 40, env: env(HOME) }
  const trusted = await onTerminal({
    ...asked,
    args: ['trust', '-i', 'test'],
    answers: [['record this key?', 'yes\r']],
  })
  expect([trusted.status, trusted.shown]).toEqual([0, expect.stringContaining(`in ${known}: bare`)])

  const since = await now('bare')
  const wrong = shell(['-i', 'test', '-k', '--json'], 'not the password\n')
  expect([wrong.status, wrong.stdout]).toEqual([1, expect.stringContaining('offered: the password')])
  expect((await journal('bare', since)).match(/Failed password/g)).toHaveLength(1)

  const first = await onTerminal({
    ...asked,
    args: ['-i', 'test', '-k', '-K', '--yes'],
    answers: [
      ['SSH password:', `${password}\r`],
      ['sudo password (Enter: the same):', '\r'],
    ],
  })
  expect(first.shown).not.toContain(password)
  expect([first.status, first.shown]).toEqual([0, expect.stringContaining('bare')])
  const after = await start(['--check'], { env: env(HOME, { PROVISION_BECOME_PASSWORD: password }) }).done
  expect([after.status, after.failures()]).toEqual([0, []])
})

test('keyboard-interactive with one prompt takes the password as well', async () => {
  await bed.on(
    'bare',
    "printf 'PasswordAuthentication no\\nKbdInteractiveAuthentication yes\\n' >/etc/ssh/sshd_config.d/00-kbd.conf && systemctl reload ssh",
  )
  await bed.on('bare', 'rm -f /home/deploy/.ssh/authorized_keys')
  const password = readFileSync(join(bed.lab.dir, 'become_password'), 'utf8').trim()
  const { dir } = project({ bare: {} })
  const run = spawnSync(process.execPath, [CLI, '-i', 'test', '-k', '-K', '--check'], {
    cwd: dir,
    input: `${password}\n\n`,
    encoding: 'utf8',
    env: { ...process.env, ...env(home()), XDG_CACHE_HOME: join(dir, 'cache'), XDG_STATE_HOME: join(dir, 'state') },
  })
  expect([run.status, run.stdout]).toEqual([2, expect.stringContaining('/root/mark')])
})
