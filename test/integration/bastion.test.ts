import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { connector } from '../../src/connection/connect.ts'
import type { Connection } from '../../src/connection/connection.ts'
import type { ConnectionSettings, Target } from '../../src/inventory/inventory.ts'
import { aHost } from '../connection/host-fixture.ts'
import { testLab } from '../lab/test-labs.ts'
import { testBed } from './test-bed.ts'
import { until } from './until.ts'

const bed = testBed({
  ...testLab('bastion'),
  hosts: [{ name: 'bastion' }, { name: 'inner', user: 'deploy' }, { name: 'web1' }],
})
const open = new Set<Connection>()

/** The host has no route to this machine. */
const cutOff = (name: string) =>
  bed.on(name, `ip route add blackhole ${bed.host(name).address.replace(/\d+$/, '1')}/32`)

beforeAll(async () => {
  await Promise.all(['inner', 'web1'].map(cutOff))
})
afterEach(async () => {
  await Promise.all([...open].map((connection) => connection.close()))
  open.clear()
})

const target = (name: string, settings: Partial<ConnectionSettings> = {}): Target => {
  const { address, login } = bed.host(name)
  const connection = {
    user: login,
    become: login === 'root' ? 'none' : 'sudo',
    identityFile: join(bed.lab.dir, 'id_ed25519'),
    knownHosts: join(bed.lab.dir, 'known_hosts'),
    connectTimeout: 15,
    sshConfig: 'none',
    ...settings,
  } as const
  return { ...aHost(connection, address), name }
}
/** The connections of a run, and what it was told of. */
const run = () => {
  const told: string[] = []
  const connect = connector({
    warn: (message) => told.push(message),
    env: { ...process.env, SSH_AUTH_SOCK: undefined },
  })
  return {
    told,
    async connect(host: Target): Promise<Connection> {
      const connection = await connect(host)
      open.add(connection)
      return connection
    },
  }
}
const cameFrom = async (connection: Connection) => (await connection.exec('id -u; echo "${SSH_CONNECTION%% *}"')).stdout
const sshdOf = (name: string, what: 'start' | 'stop' | 'restart') =>
  bed.on(name, `systemctl reset-failed ssh; systemctl ${what} ssh`)

test('without it there is no way', async () => {
  await expect(run().connect(target('web1', { connectTimeout: 2 }))).rejects.toMatchObject({ code: 'timeout' })
})

describe.each(['ssh', 'openssh'] as const)('behind a bastion, over %s', (transport) => {
  const jumpTo = (name: string, settings: Partial<ConnectionSettings> = {}) => target(name, { jumps: [], ...settings })

  test('a host, one behind two, and one behind three', async () => {
    const { connect, told } = run()
    const straight = await connect(target('inner', { transport, jumps: [jumpTo('bastion')] }))
    expect(await cameFrom(straight)).toBe(`0\n${bed.host('bastion').address}\n`)
    const chained = await connect(target('web1', { transport, jumps: [jumpTo('bastion'), jumpTo('inner')] }))
    expect(await cameFrom(chained)).toBe(`0\n${bed.host('inner').address}\n`)
    // In a circle, so that no fourth host is needed: to the first one, from the last.
    const three = [jumpTo('bastion'), jumpTo('inner'), jumpTo('web1')]
    const far = await connect(target('bastion', { transport, jumps: three }))
    expect(await cameFrom(far)).toBe(`0\n${bed.host('web1').address}\n`)
    expect(told).toEqual([])
  })

  test('HostKeyAlias is what its key is looked up by', async () => {
    const lines = readFileSync(join(bed.lab.dir, 'known_hosts'), 'utf8')
    const keyOf = (name: string) =>
      lines.split('\n').find((line) => line.startsWith(`${bed.host(name).address} `)) ?? ''
    const known = join(bed.dir, `alias-${transport}`)
    const config = join(bed.dir, `config-${transport}`)
    writeFileSync(known, `web-one ${keyOf('web1').replace(/^\S+ /, '')}\n`)
    writeFileSync(config, 'Host *\n HostKeyAlias web-one\n')
    const { connect } = run()
    const settings = { transport, knownHosts: known, jumps: [jumpTo('bastion')] }
    await connect(target('web1', { ...settings, sshConfig: config, hostKeyAlias: 'web-one' }))
    await expect(connect(target('web1', settings))).rejects.toMatchObject({ code: 'host-key', host: 'web1' })
  })

  test('its own key is looked at as strictly: an unknown one lets nobody through', async () => {
    const { connect, told } = run()
    const jumps = [jumpTo('bastion', { knownHosts: join(bed.dir, 'empty') })]
    const behind = ['inner', 'web1'].map((name) => connect(target(name, { transport, jumps })))
    for (const one of await Promise.allSettled(behind)) {
      expect(one).toMatchObject({
        reason: {
          code: 'unreachable',
          message: expect.stringMatching(/^not reached because of its jump host bastion/),
        },
      })
    }
    expect(told).toEqual([expect.stringMatching(/^jump host bastion: .*host key/i)])
  })

  test('what it can not connect to is a failure of that host', async () => {
    const { connect, told } = run()
    const jumps = [jumpTo('bastion')]
    await expect(connect(target('web1', { transport, jumps, port: 1 }))).rejects.toMatchObject({ code: 'refused' })
    const nowhere = { ...target('web1', { transport, jumps }), address: 'no-such-host.invalid' }
    await expect(connect(nowhere)).rejects.toMatchObject({ code: 'dns' })
    expect(told).toEqual([])
  })

  test('one that is down before the login is told of once, and hosts say that they were not reached because of it', async () => {
    await sshdOf('bastion', 'stop')
    try {
      const { connect, told } = run()
      const jumps = [jumpTo('bastion')]
      const behind = ['inner', 'web1'].map((name) => connect(target(name, { transport, jumps })))
      for (const one of await Promise.allSettled(behind)) {
        expect(one).toMatchObject({
          reason: {
            code: 'unreachable',
            message: expect.stringMatching(/^not reached because of its jump host bastion/),
          },
        })
      }
      expect(told).toEqual([expect.stringMatching(/^jump host bastion: .*refuse/)])
    } finally {
      await sshdOf('bastion', 'start')
    }
  })

  test('one that dies in the middle of a change: the change is made all the same, and the next run knows', async () => {
    await bed.on('web1', 'rm -f /root/began /root/made')
    const project = bed.project({
      roles: {
        slow: "[command({ name: 'slow', run: sh`touch /root/began; sleep 5; touch /root/made`, unless: sh`test -e /root/made` })]",
      },
      use: ['command'],
      hosts: {
        web1: { connection: { transport, proxy_jump: `root@${bed.host('bastion').address}`, ssh_config: false } },
      },
    })
    const running = project.start([])
    await until(
      'the change is at work',
      90,
      async () => (await bed.host('web1').exec('test -e /root/began')).code === 0,
    )
    await bed.on('bastion', 'pkill -9 sshd; :')
    const first = await running.done
    await sshdOf('bastion', 'restart')
    expect(first.failure('web1').message).toMatch(/link lost/)
    if (transport === 'ssh') {
      const told = first.events.filter((event) => event.type === 'warning').map(({ message }) => message)
      expect(told).toEqual([expect.stringMatching(/^jump host .*link lost/)])
      expect(first.failure('web1').message).toMatch(/because of its jump host/)
    }
    await until('the change is made', 20, async () => (await bed.host('web1').exec('test -e /root/made')).code === 0)
    const second = await project.run()
    expect([second.status, second.result('web1').outcome]).toEqual([0, 'ok'])
  })
})

test('as ssh_config has it: the built-in transport, and the program where only that can do it', async () => {
  const jump = bed.host('bastion').address
  const common = `  IdentityFile ${join(bed.lab.dir, 'id_ed25519')}\n  UserKnownHostsFile ${join(bed.lab.dir, 'known_hosts')}\n  ConnectTimeout 60\n`
  const config = [
    `Host edge\n  HostName ${jump}\n  User root`,
    `Host one\n  HostName ${bed.host('web1').address}\n  ProxyJump edge`,
    `Host two\n  HostName ${bed.host('inner').address}\n  User deploy`,
    `  ProxyCommand ssh -F ROOT/ssh_config -W %h:%p edge`,
    // As \`ssh -J\` has it: each further one over the one before.
    `Host three\n  HostName ${jump}\n  User root\n  ProxyJump edge,two-inside,root@${bed.host('web1').address}:22`,
    `Host two-inside\n  HostName ${bed.host('inner').address}\n  User deploy`,
    `Host *\n${common}`,
  ].join('\n')
  const project = bed.project({
    roles: { mark: "[command({ name: 'mark', run: sh`true`, unless: sh`true` })]" },
    use: ['command'],
    hosts: {
      web1: { connection: { host: 'one', ssh_config: '../../ssh_config' } },
      inner: { connection: { host: 'two', ssh_config: '../../ssh_config' } },
      far: { address: jump, connection: { host: 'three', ssh_config: '../../ssh_config' } },
    },
  })
  project.write({ ssh_config: config.replace('ROOT', project.dir) })
  const done = await project.run('--check')
  expect([done.failures(), done.status]).toEqual([[], 0])
  const from = await project.start(['-l', 'far', '--shell', 'echo "${SSH_CONNECTION%% *}"'], {
    command: 'exec',
    json: false,
  }).done
  expect([from.stdout, from.status]).toEqual([`${bed.host('web1').address}\n`, 0])
})
