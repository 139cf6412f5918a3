import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuthContext } from 'ssh2'
import { afterEach, describe, expect, test } from 'vitest'
import { type ConnectOptions, connector } from '../../src/connection/connect.ts'
import type { Connection } from '../../src/connection/connection.ts'
import { unlockKeys } from '../../src/connection/unlock.ts'
import type { ConnectionSettings, Target } from '../../src/inventory/inventory.ts'
import { secret } from '../../src/masking/secret.ts'
import { type SshServer, type SshServerOptions, sshServer } from './ssh-server.ts'

const PASSWORD = 'open sesame 4711'
const ENV = { PATH: process.env.PATH, HOME: '/nonexistent' }

const servers = new Set<SshServer>()
const connections = new Set<Connection>()
const dirs = new Set<string>()
afterEach(async () => {
  for (const connection of connections) await connection.close()
  for (const server of servers) server.close()
  for (const dir of dirs) rmSync(dir, { recursive: true })
  for (const set of [connections, servers, dirs]) set.clear()
})

const started = async (options: Partial<SshServerOptions>): Promise<SshServer> => {
  const server = await sshServer({ onExec: (channel) => channel.exit(0), ...options })
  servers.add(server)
  return server
}
const program = { transport: 'openssh', sshConfig: 'none', connectTimeout: 20 } as const
const hostOf = (server: SshServer, name: string, settings: Partial<ConnectionSettings> = {}): Target => ({
  ...server.host({ ...program, ...settings }),
  name,
})
/** The connections of one run. */
const run = (options: ConnectOptions = {}) => {
  const connect = connector({ env: ENV, ...options })
  return async (host: Target) => {
    const connection = await connect(host)
    connections.add(connection)
    return connection
  }
}
const methods = ({ offered }: SshServer) => offered.map((one) => one.split(' ')[0])
const byPassword =
  (shown: string[] = []) =>
  (context: AuthContext) => {
    if (context.method !== 'password') return context.reject(['publickey', 'password'])
    shown.push(context.password)
    return context.password === PASSWORD ? context.accept() : context.reject(['publickey', 'password'])
  }

/** What any process of this machine shows of itself. */
const shownByProcesses = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => ['cmdline', 'environ'].map((what) => `/proc/${pid}/${what}`))
    .map((path) => {
      try {
        return readFileSync(path, 'utf8')
      } catch {
        return ''
      }
    })

describe('the ssh program is given', () => {
  test('the password where no key is accepted, and nobody sees it in arguments or the environment', async () => {
    let seen: string[] = []
    const server = await started({
      onAuth(context) {
        if (context.method === 'password') seen = shownByProcesses()
        byPassword()(context)
      },
    })
    await run({ password: secret(PASSWORD) })(hostOf(server, 'bare'))
    expect(methods(server).filter((one) => one !== 'none')).toEqual(['publickey', 'password'])
    expect(seen.some((text) => text.includes('SSH_ASKPASS_REQUIRE=force'))).toBe(true)
    expect(seen.filter((text) => text.includes(PASSWORD))).toEqual([])
  })

  test('the password for keyboard-interactive too', async () => {
    const server = await started({
      onAuth(context) {
        if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive'])
        context.prompt([{ prompt: 'Password: ', echo: false }], (answers) =>
          answers[0] === PASSWORD ? context.accept() : context.reject(),
        )
      },
    })
    await run({ password: secret(PASSWORD) })(hostOf(server, 'bare'))
  })

  test('a wrong password once, and no further host is shown it', async () => {
    const shown: string[] = []
    const server = await started({ onAuth: byPassword(shown) })
    const connect = run({ password: secret('a slip') })
    await expect(connect(hostOf(server, 'one'))).rejects.toMatchObject({ code: 'auth', host: 'one' })
    await expect(connect(hostOf(server, 'two'))).rejects.toMatchObject({
      code: 'auth',
      message: expect.stringContaining('the password was not tried: one refused it'),
    })
    expect(shown).toEqual(['a slip'])
  })

  test('nothing where a jump host asks: it is not its password', async () => {
    const shown: string[] = []
    const [bastion, behind] = [
      await started({ onAuth: byPassword(shown), forwards: true }),
      await started({ onAuth: byPassword(shown) }),
    ]
    const jump = hostOf(bastion, 'bastion')
    const host = hostOf(behind, 'web1', { jumps: [jump] })
    await expect(run({ password: secret(PASSWORD) })(host)).rejects.toMatchObject({ code: 'unreachable' })
    expect(shown).toEqual([])
  })

  test('the passphrase of a key, which is asked for once', async () => {
    const server = await started({})
    const dir = mkdtempSync(join(tmpdir(), 'openssh-login-'))
    dirs.add(dir)
    const mine = join(dir, "it's mine")
    copyFileSync(server.host().connection.identityFile ?? '', mine)
    execFileSync('ssh-keygen', ['-q', '-a', '1', '-p', '-f', mine, '-N', 'tell nobody', '-P', ''])
    const hosts = ['one', 'two'].map((name) => hostOf(server, name, { identityFile: mine }))
    let asked = 0
    const ask = async () => {
      asked += 1
      return secret('tell nobody')
    }
    const keys = await unlockKeys(hosts, ENV, { ask, hasPassword: false })
    const connect = run({ keys })
    for (const host of hosts) await connect(host)
    expect(asked).toBe(1)
    await expect(run()(hosts[0] ?? hostOf(server, 'one'))).rejects.toMatchObject({ code: 'auth' })
  })
})
