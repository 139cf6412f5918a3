import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sshCommand } from '../../src/connection/openssh-arguments.ts'
import { opensshFailure } from '../../src/connection/openssh-failure.ts'
import type { ConnectionSettings, Target } from '../../src/inventory/inventory.ts'
import { projectFolder } from '../project-folder.ts'
import { start } from '../shell/start.ts'
import { aHost } from './host-fixture.ts'

const host = (name: string, settings: Partial<ConnectionSettings> = {}) => ({
  ...aHost({ sshConfig: 'none', ...settings }, `${name}.example.org`),
  name,
})

/** What ssh is given, and the commands that lead over jump hosts. */
function told(target: Target): { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  const command = sshCommand(target, [])
  const at = command.indexOf('ssh')
  const env = command.slice(0, at).filter((word) => word !== 'env')
  return {
    argv: command.slice(at + 1),
    env: Object.fromEntries(env.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)])),
  }
}
const sshArguments = (target: Target) => told(target).argv

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

test('jump hosts, any number: one ssh in the other, each with its own settings, its tokens for itself', () => {
  const jumps = [
    host('first', { port: 23, knownHosts: "/k/o'brien's $(x)" }),
    host('outer', { user: 'ann', knownHosts: '/k/my hosts' }),
    host('inner', { user: 'eve' }),
    host('last', { user: 'kim' }),
  ]
  const { argv, env } = told(host('web1', { jumps }))
  /** As ssh runs it: by a shell, which gives what it would start. */
  const unfold = (words: readonly string[], target: string, port: string): string[] => {
    const command = understood(words).get('proxycommand')
    if (command === undefined || command === 'none') return []
    const run = command.replaceAll(/%(.)/g, (_, token) => ({ h: target, p: port, '%': '%' })[String(token)] ?? '?')
    const folder = projectFolder({ ssh: '#!/bin/sh\nprintf "%s\\0" "$@"\n' })
    chmodSync(join(folder, 'ssh'), 0o755)
    const path = `${folder}:${process.env.PATH}`
    const [w = '', to = '', ...rest] = start('sh', ['-c', run], {
      env: { ...process.env, ...env, PATH: path },
    })
      .stdout.split('\0')
      .slice(0, -1)
    const said = understood(rest)
    return [
      `${w} ${to} over ${said.get('user')}@${said.get('hostname')} ${said.get('userknownhostsfile')}`,
      ...unfold(rest, said.get('hostname') ?? '', said.get('port') ?? ''),
    ]
  }
  const usual = '/nonexistent/known_hosts'
  expect(unfold(argv, 'web1.example.org', '22')).toEqual([
    `-W [web1.example.org]:22 over kim@last.example.org ${usual}`,
    `-W [last.example.org]:22 over eve@inner.example.org ${usual}`,
    '-W [inner.example.org]:22 over ann@outer.example.org /k/my hosts',
    `-W [outer.example.org]:22 over deploy@first.example.org /k/o'brien's $(x)`,
  ])
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
