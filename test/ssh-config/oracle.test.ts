import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { readSshConfig } from '../../src/ssh-config/files.ts'
import { type SshOptions, sshOptions } from '../../src/ssh-config/options.ts'
import { start } from '../shell/start.ts'
import { HERE, placesIn } from './here.ts'

const dir = mkdtempSync(join(tmpdir(), 'ssh-config-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** What ssh itself makes of the file: `ssh -G`. */
function saidBySsh(file: string, host: string, user: string | undefined): Record<string, string[]> {
  const login = user === undefined ? [] : ['-l', user]
  const { stdout, stderr, status } = start('ssh', ['-G', '-F', file, ...login, host])
  if (status !== 0) throw new Error(stderr)
  const said: Record<string, string[]> = {}
  for (const line of stdout.split('\n')) {
    const [keyword = '', ...rest] = line.split(' ')
    said[keyword] = [...(said[keyword] ?? []), rest.join(' ')]
  }
  return said
}

const jumpText = ({ specs }: NonNullable<SshOptions['proxyJump']>): string | undefined =>
  specs.length === 0
    ? undefined
    : specs.map(({ user, host, port }) => `${user ? `${user}@` : ''}${host}${port ? `:${port}` : ''}`).join(',')

async function compare(files: Record<string, string>, host: string, user: string | undefined): Promise<void> {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text, { mode: 0o600 })
  const file = join(dir, 'config')
  const config = await readSshConfig(file, placesIn(dir))
  expect(config.problems).toEqual([])
  const ours = sshOptions(config, { name: host, user, defaultUser: HERE.localUser, port: undefined }, HERE)
  const said = saidBySsh(file, host, user)
  const keys = said.identityfile?.filter((path) => !path.startsWith('~/.ssh/id_'))
  expect({
    hostname: ours.hostName,
    user: user ?? ours.user ?? HERE.localUser,
    port: String(ours.port ?? 22),
    keys: ours.identityFiles ?? [],
    alias: ours.hostKeyAlias,
    jump: ours.proxyJump && jumpText(ours.proxyJump),
    command: ours.program.some(({ what }) => /^ProxyCommand$/i.test(what)),
    timeout: ours.connectTimeout === undefined ? 'none' : String(ours.connectTimeout),
    interval: String(ours.aliveInterval ?? 0),
    count: String(ours.aliveCountMax ?? 3),
    only: ours.identitiesOnly ?? false,
    known: ours.userKnownHosts?.join(' '),
  }).toEqual({
    hostname: said.hostname?.[0],
    user: said.user?.[0],
    port: said.port?.[0],
    keys: keys?.filter((path) => path !== 'none') ?? [],
    alias: said.hostkeyalias?.[0],
    jump: said.proxyjump?.[0],
    command: said.proxycommand !== undefined,
    timeout: said.connecttimeout?.[0],
    interval: said.serveraliveinterval?.[0],
    count: said.serveralivecountmax?.[0],
    only: said.identitiesonly?.[0] === 'yes',
    known:
      said.userknownhostsfile?.[0]?.startsWith('~') || said.userknownhostsfile?.[0]?.startsWith('/root/.ssh')
        ? undefined
        : said.userknownhostsfile?.[0]?.replace(/^none$/, ''),
  })
}

const NAMES = ['web1', 'web2', 'db1', 'Web1', 'web1.example.org', '192.0.2.7']
const USERS = ['bob', 'ann', HERE.localUser]
const pattern = fc.constantFrom('web1', 'web?', 'db*', '*', '!web2', '*.example.org', '192.0.2.*', '!*1', 'Web1')
const setting = fc.oneof(
  fc.constantFrom('a.example.org', '%h.example.org', 'db1').map((name) => `HostName ${name}`),
  fc.constantFrom('bob', 'ann').map((name) => `User ${name}`),
  fc.constantFrom('23', '24').map((port) => `Port=${port}`),
  fc.constantFrom('/k/one', '"/k/t wo"', 'none', '/k/one # the first').map((path) => `IdentityFile ${path}`),
  fc.constantFrom('yes', 'no').map((word) => `IdentitiesOnly ${word}`),
  fc.constantFrom('jump', 'me@jump:24', 'a,b@c', 'none').map((jump) => `ProxyJump ${jump}`),
  fc.constantFrom('nc %h %p', 'none').map((command) => `ProxyCommand ${command}`),
  fc.constantFrom('alias', 'other').map((alias) => `hostkeyalias ${alias}`),
  fc.constantFrom('/kh/a', '/kh/a /kh/b', 'none').map((paths) => `UserKnownHostsFile ${paths}`),
  fc.constantFrom('5', '1m30s').map((time) => `ConnectTimeout ${time}`),
  fc.constantFrom('7', '1m').map((time) => `ServerAliveInterval ${time}`),
  fc.constantFrom('4', '9').map((count) => `ServerAliveCountMax ${count}`),
  fc.constantFrom('Include other', 'Include part*', 'Include nothing-there'),
)
const criterion = fc.oneof(
  fc
    .tuple(fc.constantFrom('host', '!host', 'originalhost'), fc.array(pattern, { minLength: 1, maxLength: 2 }))
    .map(([word, list]) => `${word} ${list.join(',')}`),
  fc
    .tuple(fc.constantFrom('user', '!user', 'localuser'), fc.constantFrom(...USERS, 'b*,ann'))
    .map(([word, name]) => `${word} ${name}`),
  fc.constantFrom('final', '!final', 'canonical'),
)
const section = fc.oneof(
  { weight: 3, arbitrary: fc.array(pattern, { minLength: 1, maxLength: 3 }).map((list) => `Host ${list.join(' ')}`) },
  {
    weight: 3,
    arbitrary: fc.array(criterion, { minLength: 1, maxLength: 2 }).map((list) => `Match ${list.join(' ')}`),
  },
  fc.constantFrom('Match all', 'Match final all'),
)
const lines = (more: fc.Arbitrary<string>) =>
  fc
    .array(fc.oneof({ weight: 3, arbitrary: more }, { weight: 1, arbitrary: section }), { maxLength: 10 })
    .map((list) => `${list.join('\n')}\n`)
const plain = setting.filter((line) => !line.startsWith('Include'))

describe('compared with `ssh -G`', () => {
  test('any files, any host: the same answer', async () => {
    await fc.assert(
      fc.asyncProperty(
        lines(setting),
        lines(plain),
        lines(plain),
        fc.constantFrom(...NAMES),
        fc.constantFrom(undefined, 'bob'),
        async (config, other, part, host, user) => {
          await compare(
            { config: config.replaceAll('Include ', `Include ${dir}/`), other, part1: part, part2: other },
            host,
            user,
          )
        },
      ),
      { numRuns: Number(process.env.ORACLE_RUNS ?? 40) },
    )
  }, 60_000)
})
