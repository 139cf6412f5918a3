import { createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { connector } from '../../src/connection/connect.ts'
import type { Connection } from '../../src/connection/connection.ts'
import type { ConnectionSettings, Target } from '../../src/inventory/inventory.ts'
import { type SshServer, type SshServerOptions, sshServer } from './ssh-server.ts'

const servers = new Set<SshServer>()
const open = new Set<Connection>()
afterEach(async () => {
  await Promise.all([...open].map((connection) => connection.close()))
  for (const server of servers) server.close()
  open.clear()
  servers.clear()
})

/** Its shell runs nothing: it answers with the marker of a script that is root, and keeps `sleep` waiting. */
const shell: SshServerOptions['onExec'] = (channel) => {
  let input = ''
  channel.on('data', (data: Buffer) => {
    input += data.toString()
  })
  channel.on('end', () => {
    const marker = /@@\w+ root /.exec(input)?.[0] ?? ''
    channel.stderr.write(`${marker}0\n`)
    channel.write(`${marker}0\n`)
    if (/sleep/.test(input)) return
    channel.exit(0)
    channel.end('done\n')
  })
}

const server = async (options: Partial<SshServerOptions> = {}): Promise<SshServer> => {
  const made = await sshServer({ onExec: shell, ...options })
  servers.add(made)
  return made
}
const bastion = () => server({ forwards: true })

const named = (name: string, where: SshServer, settings: Partial<ConnectionSettings> = {}): Target => ({
  ...where.host({ connectTimeout: 5, ...settings }),
  name,
})

/** All connections of a run, with what it was told of beside them. */
function run() {
  const told: string[] = []
  const connect = connector({ warn: (message, hint) => told.push(hint ? `${message} (${hint})` : message), env: {} })
  return {
    told,
    async connect(host: Target): Promise<Connection> {
      const connection = await connect(host)
      open.add(connection)
      return connection
    },
  }
}

describe('hosts behind a jump host', () => {
  test('all go over one connection to it, each with a login of its own', async () => {
    const jump = await bastion()
    const inside = await server()
    const jumps = [named('bastion', jump)]
    const { told, connect } = run()
    const hosts = Array.from({ length: 12 }, (_, i) => named(`web${i}`, inside, { jumps }))
    const connections = await Promise.all(hosts.map(connect))
    const answers = await Promise.all(connections.map((one) => one.exec('true')))
    expect(answers.map(({ stdout }) => stdout)).toEqual(hosts.map(() => 'done\n'))
    expect(jump.connected()).toEqual({ now: 1, ever: 1 })
    expect(inside.connected().now).toBe(12)
    expect(told).toEqual([])
  })

  test('it is left when nobody is behind it any more, and opened anew when somebody is', async () => {
    const jump = await bastion()
    const web1 = named('web1', await server(), { jumps: [named('bastion', jump)] })
    const { connect } = run()
    await (await connect(web1)).close()
    await vi.waitUntil(() => jump.connected().now === 0, { timeout: 5000 })
    expect((await (await connect(web1)).exec('true')).stdout).toBe('done\n')
    expect(jump.connected()).toEqual({ now: 1, ever: 2 })
  })

  test.each([2, 3])('all of %d in a row are left when nobody is behind the last', async (count) => {
    const row = await Promise.all(Array.from({ length: count }, bastion))
    const jumps = row.map((one, i) => named(`jump${i}`, one))
    const { connect } = run()
    await (await connect(named('web1', await server(), { jumps }))).close()
    await vi.waitUntil(() => row.every((one) => one.connected().now === 0), { timeout: 5000 })
  })

  test('no more logins than eight go over it at once', async () => {
    const jump = await bastion()
    let now = 0
    let most = 0
    const inside = await server({
      onAuth(context) {
        if (context.method === 'none') {
          now += 1
          most = Math.max(most, now)
          return context.reject(['publickey'])
        }
        setTimeout(() => {
          now -= 1
          context.accept()
        }, 50)
      },
    })
    const { connect } = run()
    const jumps = [named('bastion', jump)]
    await Promise.all(Array.from({ length: 20 }, (_, i) => connect(named(`web${i}`, inside, { jumps }))))
    expect(most).toBeLessThanOrEqual(8)
    expect(most).toBeGreaterThan(1)
  })

  test('jump hosts may be chained; each is one connection', async () => {
    const outer = await bastion()
    const inner = await bastion()
    const jumps = [named('outer', outer), named('inner', inner)]
    const inside = await server()
    const { connect } = run()
    const both = await Promise.all(['web1', 'web2'].map((name) => connect(named(name, inside, { jumps }))))
    expect((await both[0]?.exec('true'))?.stdout).toBe('done\n')
    expect([outer, inner].map((one) => one.connected().ever)).toEqual([1, 1])
  })
})

describe('a jump host that fails', () => {
  test('before the login: told once, hosts say that they were not reached because of it, and it is not tried for each', async () => {
    const jump = await server({ forwards: true, onAuth: (context) => context.reject(['publickey']) })
    const inside = await server()
    const { told, connect } = run()
    const jumps = [named('bastion', jump)]
    const behind = (i: number) => connect(named(`web${i}`, inside, { jumps }))
    const all = await Promise.allSettled(Array.from({ length: 40 }, (_, i) => behind(i)))
    for (const [i, one] of all.entries()) {
      expect(one).toMatchObject({
        status: 'rejected',
        reason: { code: 'unreachable', host: `web${i}`, message: 'not reached because of its jump host bastion' },
      })
    }
    await expect(behind(99)).rejects.toMatchObject({ code: 'unreachable' })
    expect(told).toEqual([expect.stringMatching(/^jump host bastion: .*refuses the login/)])
    expect(jump.connected().ever).toBe(1)
    expect(inside.connected().ever).toBe(0)
  })

  test('its host key is looked at as strictly as any', async () => {
    const jump = await bastion()
    const { told, connect } = run()
    const jumps = [named('bastion', jump, { hostKeyChecking: 'strict' })]
    await expect(connect(named('web1', await server(), { jumps }))).rejects.toMatchObject({ code: 'unreachable' })
    expect(told).toEqual([expect.stringMatching(/^jump host bastion: the host key of 127.0.0.1 is not in /)])
  })

  test('that dies under hosts at work: told once, and each of them says why its link is lost', async () => {
    const jump = await bastion()
    const inside = await server()
    const { told, connect } = run()
    const jumps = [named('bastion', jump)]
    const hosts = Array.from({ length: 10 }, (_, i) => named(`web${i}`, inside, { jumps }))
    const connections = await Promise.all(hosts.map(connect))
    const running = connections.map((one) => one.exec('sleep 60'))
    for (const one of running) one.catch(() => {})
    await sleep(200)
    jump.cut()
    for (const [i, one] of running.entries()) {
      await expect(one).rejects.toMatchObject({
        code: 'unreachable',
        host: `web${i}`,
        message: expect.stringMatching(/^link lost to .* because of its jump host bastion$/),
      })
    }
    expect(told).toEqual([expect.stringMatching(/^jump host bastion: link lost/)])
    // It is there again.
    const again = named('web0', inside, { jumps })
    expect((await (await connect(again)).exec('true')).stdout).toBe('done\n')
  })

  test('the first of a chain: the hosts name that one, and nothing is told of the second', async () => {
    const outer = await server({ forwards: true, onAuth: (context) => context.reject(['publickey']) })
    const jumps = [named('outer', outer), named('inner', await bastion())]
    const { told, connect } = run()
    await expect(connect(named('web1', await server(), { jumps }))).rejects.toMatchObject({
      message: 'not reached because of its jump host outer',
    })
    expect(told).toEqual([expect.stringMatching(/^jump host outer: /)])
  })

  test('to connect to one host: that is a failure of the host', async () => {
    const jumps = [named('bastion', await bastion())]
    const { told, connect } = run()
    const closed = await server()
    const web1 = named('web1', closed, { jumps })
    closed.close()
    await expect(connect(web1)).rejects.toMatchObject({ host: 'web1' })
    expect(told).toEqual([])
    const nowhere = { ...web1, address: 'no-such-host.invalid' }
    await expect(connect(nowhere)).rejects.toMatchObject({ host: 'web1' })
  })
})

test('HostKeyAlias is the name in known_hosts, without a port, and further files are looked at too', async () => {
  const { connect } = run()
  const web = await server()
  const known = named('web1', web)
  await connect({ ...known, connection: { ...known.connection, hostKeyAlias: 'web-one' } })
  const strict = (settings: Partial<ConnectionSettings>) =>
    connect({ ...known, connection: { ...known.connection, hostKeyChecking: 'strict', ...settings } })
  await strict({ hostKeyAlias: 'web-one' })
  await expect(strict({})).rejects.toMatchObject({ code: 'host-key' })
  await strict({ hostKeyAlias: 'web-one', knownHosts: '/nonexistent', moreKnownHosts: [known.connection.knownHosts] })
})

describe.each(['ssh', 'openssh'] as const)('over %s, what takes connections and says nothing', (transport) => {
  const settings = { transport, sshConfig: 'none', connectTimeout: 2 } as const
  const silent = async () => {
    const sockets = new Set<Socket>()
    const listener = createServer((socket) => {
      socket.on('error', () => {})
      sockets.add(socket)
    })
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    mute.add(() => {
      for (const socket of sockets) socket.destroy()
      listener.close()
    })
    const address = listener.address()
    return { port: typeof address === 'object' && address ? address.port : 0, taken: () => sockets.size }
  }
  const mute = new Set<() => void>()
  afterEach(() => {
    for (const end of mute) end()
    mute.clear()
  })

  test('as a jump host, is told once, and asked for no more than the first of many hosts behind it', async () => {
    const inside = await server()
    const { port, taken } = await silent()
    const jumps = [{ ...named('bastion', inside, { ...settings, port }) }]
    const { told, connect } = run()
    const hosts = Array.from({ length: 10 }, (_, i) => named(`web${i}`, inside, { ...settings, jumps }))
    for (const one of await Promise.allSettled(hosts.map(connect))) {
      expect(one).toMatchObject({
        reason: { code: 'unreachable', message: 'not reached because of its jump host bastion' },
      })
    }
    expect(told).toEqual([expect.stringMatching(/^jump host bastion: /)])
    expect(taken()).toBeLessThanOrEqual(8)
  })

  test('as a host behind a jump host, is a failure of that host', async () => {
    const jumps = [named('bastion', await bastion(), settings)]
    const { port } = await silent()
    const { told, connect } = run()
    await expect(connect(named('web1', await server(), { ...settings, port, jumps }))).rejects.toMatchObject({
      code: 'timeout',
      host: 'web1',
    })
    expect(told).toEqual([])
  })
})
