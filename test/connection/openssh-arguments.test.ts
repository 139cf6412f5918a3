import { expect, test } from 'vitest'
import { sshArguments } from '../../src/connection/openssh-arguments.ts'
import { opensshFailure } from '../../src/connection/openssh-failure.ts'
import type { ConnectionSettings } from '../../src/inventory/inventory.ts'
import { start } from '../shell/start.ts'
import { aHost } from './host-fixture.ts'

const host = (name: string, settings: Partial<ConnectionSettings> = {}) => ({
  ...aHost({ sshConfig: 'none', ...settings }, `${name}.example.org`),
  name,
})

/** What ssh understands: `ssh -G`. */
function understood(argv: readonly string[]): ReadonlyMap<string, string> {
  const { stdout, stderr, status } = start('ssh', ['-G', ...argv])
  expect(status, stderr).toBe(0)
  return new Map(stdout.split('\n').map((line) => [line.split(' ', 1)[0] ?? '', line.slice(line.indexOf(' ') + 1)]))
}

test('ssh is told what the settings say', () => {
  const said = understood(
    sshArguments(
      host('web1', {
        port: 2222,
        user: 'bob',
        knownHosts: '/k/my hosts',
        moreKnownHosts: ['/k/more'],
        connectTimeout: 7,
        aliveInterval: 20,
        aliveCountMax: 4,
        alias: 'web-one',
      }),
    ),
  )
  expect(Object.fromEntries(said)).toMatchObject({
    hostname: 'web-one',
    port: '2222',
    user: 'bob',
    batchmode: 'yes',
    stricthostkeychecking: 'true',
    userknownhostsfile: '/k/my hosts /k/more',
    connecttimeout: '7',
    serveraliveinterval: '20',
    serveralivecountmax: '4',
    clearallforwardings: 'yes',
  })
  expect(said.has('proxycommand')).toBe(false)
})

test('what only ssh knows is left to it', () => {
  const left = sshArguments(host('web1', { leftToSsh: ['port', 'user', 'connecttimeout', 'userknownhostsfile'] }))
  expect(left.join(' ')).not.toMatch(/ -p | -l |ConnectTimeout|UserKnownHostsFile/)
})

test('no jump host, where the inventory says so: whatever ssh_config has', () => {
  // Of an option that is given twice, ssh takes the first: one of ssh_config comes after those of the command line.
  const said = understood(['-o', 'ProxyCommand=none', '-o', 'ProxyJump=b', ...sshArguments(host('web1'))])
  expect(said.has('proxyjump')).toBe(false)
  expect(sshArguments(host('web1', { jumps: [] }))).toContain('ProxyCommand=none')
})

test('jump hosts: one ssh in the other, each with its own settings, its tokens for itself', () => {
  const outer = host('outer', { user: 'ann', knownHosts: '/k/my hosts' })
  const inner = host('inner', { user: 'eve' })
  const unfold = (argv: readonly string[], target: string): string[] => {
    const command = understood(argv).get('proxycommand')
    if (command === undefined) return []
    // As ssh does it before it runs the command.
    const run = command.replaceAll(/%(.)/g, (_, token) => ({ h: target, p: '22', '%': '%' })[String(token)] ?? '?')
    const words = start('sh', ['-c', `set -- ${run}; printf '%s\\0' "$@"`])
      .stdout.split('\0')
      .slice(0, -1)
    const [program = '', w = '', to = '', ...rest] = words
    const said = understood(rest)
    return [
      `${program} ${w} ${to} over ${said.get('user')}@${said.get('hostname')}`,
      ...unfold(rest, said.get('hostname') ?? ''),
    ]
  }
  const argv = sshArguments(host('web1', { jumps: [outer, inner] }))
  expect(unfold(argv, 'web1.example.org')).toEqual([
    'ssh -W [web1.example.org]:22 over eve@inner.example.org',
    'ssh -W [inner.example.org]:22 over ann@outer.example.org',
  ])
  const [command] = sshArguments(host('web1', { jumps: [host('first', { port: 23 }), outer, inner] })).filter((word) =>
    word.startsWith('ProxyCommand='),
  )
  expect(command).toContain("ssh -W '[%h]:%p'")
  expect(command).toContain('-J deploy@first.example.org:23,ann@outer.example.org:22')
})

test.each([
  [
    'ssh: connect to host outer.example.org port 22: Connection refused\nkex_exchange_identification: Connection closed by remote host',
    'outer',
    'refused',
  ],
  [
    'eve@inner.example.org: Permission denied (publickey).\nkex_exchange_identification: Connection closed by remote host',
    'inner',
    'auth',
  ],
  ['Host key verification failed.\r\nConnection closed by UNKNOWN port 65535', 'outer', 'host-key'],
])('a jump host that does not let through: %s', (stderr, jump, code) => {
  const jumps = [host('outer'), host('inner')]
  const error = opensshFailure(host('web1', { jumps }), { status: 255, stderr })
  expect(error).toMatchObject({
    code: 'unreachable',
    message: `not reached because of its jump host ${jump}`,
    cause: { code, host: jump },
  })
})

test('a host that the jump host can not connect to is a failure of its own', () => {
  const stderr =
    'channel 0: open failed: connect failed: Connection refused\nstdio forwarding failed\nkex_exchange_identification: Connection closed by remote host'
  const error = opensshFailure(host('web1', { jumps: [host('outer')] }), { status: 255, stderr })
  expect(error).toMatchObject({ code: 'refused', host: 'web1', message: expect.stringContaining('Connection refused') })
})
