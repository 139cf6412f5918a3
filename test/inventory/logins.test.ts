import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Problem } from '../../src/errors.ts'
import type { ConnectionSettings } from '../../src/inventory/inventory.ts'
import { readInventory } from '../../src/inventory/load.ts'
import { logins, type Member } from '../../src/inventory/logins.ts'
import type { Section } from '../../src/ssh-config/criteria.ts'
import { type Node, readSshConfig } from '../../src/ssh-config/files.ts'
import { projectFolder } from '../project-folder.ts'

interface Loaded {
  readonly root: string
  readonly problems: readonly Problem[]
  login(name: string): ConnectionSettings
}

/** An inventory of one tier, beside a home with these files in its `.ssh`. */
async function loaded(
  hosts: Readonly<Record<string, unknown>>,
  ssh: Readonly<Record<string, string>> = {},
  more: { connection?: Readonly<Record<string, unknown>>; system?: string; env?: Record<string, string> } = {},
): Promise<Loaded> {
  const root = projectFolder({
    'inventories/site.yml': 'tiers: [{ name: web, roles: [] }]',
    'inventories/prod/hosts.yml': JSON.stringify(
      { connection: more.connection ?? {}, tiers: { web: { hosts } } },
      null,
      1,
    ),
    'system-ssh_config': more.system ?? '',
  })
  for (const [name, text] of Object.entries(ssh)) {
    const path = join(root, '.ssh', name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text.replaceAll('ROOT', root), { mode: 0o600 })
  }
  const { inventory, problems } = await readInventory({
    root,
    name: 'prod',
    knownRoles: [],
    home: root,
    here: { localUser: 'ann', env: more.env ?? {}, hostname: 'laptop.example.org' },
    systemSshConfig: join(root, 'system-ssh_config'),
  })
  return {
    root,
    problems,
    login(name) {
      const found = inventory.hosts.find((host) => host.name === name)
      if (found) return found.connection
      throw new Error(`no ${name}: ${problems.map(({ message }) => message).join('; ')}`)
    },
  }
}

const at = (address: string, connection: Readonly<Record<string, unknown>> = {}) => ({ address, connection })
const line = ({ message, origin, hint }: Problem) =>
  `${origin?.file}:${origin?.line} ${message}${hint === undefined ? '' : ` (${hint})`}`
const wayOf = ({ jumps = [] }: ConnectionSettings) =>
  jumps.map(({ name, address, connection }) => `${name} = ${connection.user}@${address}:${connection.port}`)

describe('ssh_config', () => {
  const CONFIG = [
    'Host web1.example.org',
    '  HostName 192.0.2.11',
    '  User bob',
    '  Port 2222',
    '  IdentityFile ~/.ssh/%r_key',
    '  IdentitiesOnly yes',
    '  IdentityAgent ${HOME}/agent',
    '  HostKeyAlias web-one',
    '  UserKnownHostsFile ~/.ssh/fleet ~/.ssh/more',
    '  ConnectTimeout 1m',
    '  ServerAliveInterval 20',
    '  ServerAliveCountMax 4',
    'Host *',
    '  User nobody',
  ].join('\n')

  test('completes what the inventory does not say', async () => {
    const { root, login, problems } = await loaded(
      { web1: at('web1.example.org'), web2: at('192.0.2.12') },
      { config: CONFIG },
      { env: { HOME: '/home/ann' } },
    )
    expect(problems).toEqual([])
    expect(login('web1')).toMatchObject({
      transport: 'ssh',
      host: '192.0.2.11',
      alias: 'web1.example.org',
      user: 'bob',
      port: 2222,
      become: 'sudo',
      identityFile: undefined,
      identityFiles: [join(root, '.ssh/bob_key')],
      identitiesOnly: true,
      identityAgent: '/home/ann/agent',
      hostKeyAlias: 'web-one',
      knownHosts: join(root, '.ssh/fleet'),
      connectTimeout: 60,
      aliveInterval: 20,
      aliveCountMax: 4,
    })
    expect(login('web1').moreKnownHosts?.[0]).toBe(join(root, '.ssh/more'))
    expect(login('web2')).toMatchObject({ user: 'nobody', port: 22, host: '192.0.2.12' })
  })

  test('gives way to what the inventory says', async () => {
    const { root, login } = await loaded(
      {
        web1: at('192.0.2.1', {
          host: 'web1.example.org',
          user: 'deploy',
          port: 23,
          identity_file: '~/key',
          known_hosts: '~/known',
          connect_timeout: 7,
        }),
      },
      { config: CONFIG },
      { env: { HOME: '/' } },
    )
    expect(login('web1')).toMatchObject({
      host: '192.0.2.11',
      user: 'deploy',
      port: 23,
      identityFile: join(root, 'key'),
      knownHosts: join(root, 'known'),
      connectTimeout: 7,
    })
  })

  test('is the file of the system too, below the own one; not where another is named, or none', async () => {
    const hosts = {
      usual: at('192.0.2.1'),
      named: at('192.0.2.2', { ssh_config: '~/.ssh/other' }),
      none: at('192.0.2.3', { ssh_config: false }),
      here: at('192.0.2.4', { transport: 'local' }),
    }
    const ssh = { config: 'Host *\n Port 23\n', other: 'Host *\n Port 24\n' }
    const { root, login } = await loaded(hosts, ssh, { system: 'Host *\n Port 25\n User sys\n' })
    const said = (name: string) => [login(name).user, login(name).port, login(name).sshConfig]
    expect(said('usual')).toEqual(['sys', 23, undefined])
    expect(said('named')).toEqual(['root', 24, join(root, '.ssh/other')])
    expect(said('none')).toEqual(['root', 22, 'none'])
    expect(said('here')).toEqual(['root', 22, undefined])
  })

  test('what is wrong with it is told with file and line, all at once', async () => {
    const { problems } = await loaded(
      { web1: at('192.0.2.1'), web2: at('192.0.2.2', { ssh_config: 'nowhere' }) },
      {
        config:
          'Include conf.d/*\nHost\nPort 22x\nHostNam x\nUser "bob\nMatch hots x\nIdentitiesOnly maybe\nFancyNewKeyword x\n',
        'conf.d/a': '\n\nServerAliveInterval often\n',
      },
    )
    expect(problems.map(line).sort()).toEqual([
      expect.stringMatching(/^inventories\/prod\/hosts.yml:\d+ there is no ssh_config .*nowhere$/),
      '~/.ssh/conf.d/a:3 ServerAliveInterval takes a time, such as 30 or 1m',
      '~/.ssh/config:2 there is no value after Host',
      '~/.ssh/config:3 Port takes a port: 1 to 65535',
      '~/.ssh/config:4 unknown keyword HostNam (did you mean HostName?)',
      '~/.ssh/config:5 a quote of User is not closed',
      "~/.ssh/config:6 Match: unknown criterion hots: did you mean 'host'?",
      '~/.ssh/config:7 IdentitiesOnly takes yes or no',
    ])
  })

  test('a file that others may write to is refused, as ssh does', async () => {
    const { root } = await loaded({ web1: at('192.0.2.1') }, { config: 'Host *\n' })
    chmodSync(join(root, '.ssh/config'), 0o666)
    const { problems } = await readInventory({ root, name: 'prod', knownRoles: [], home: root })
    expect(problems.map(line)).toEqual([
      '~/.ssh/config:1 others may write to it: ssh refuses such a file (chmod go-w ~/.ssh/config)',
    ])
  })
})

describe('jump hosts', () => {
  const BASTION = ['Host bastion', '  HostName 192.0.2.1', '  Port 2222', '  IdentityFile ~/.ssh/jump'].join('\n')

  test('as ssh_config has them: each logged in at as ssh would, whatever the inventory says of the host behind', async () => {
    const { root, login, problems } = await loaded(
      { web1: at('10.0.0.1', { user: 'deploy', identity_file: '~/key', known_hosts: '~/known' }) },
      { config: `${BASTION}\nHost inner\n User me\nHost 10.*\n ProxyJump bastion,eve@inner:23\n` },
    )
    expect(problems).toEqual([])
    expect(wayOf(login('web1'))).toEqual(['bastion = ann@192.0.2.1:2222', 'inner:23 = eve@inner:23'])
    expect(login('web1').jumps?.[0]?.connection).toMatchObject({
      identityFile: undefined,
      identityFiles: [join(root, '.ssh/jump')],
      knownHosts: join(root, '.ssh/known_hosts'),
      hostKeyChecking: 'strict',
    })
  })

  test('the first by its own ProxyJump; the others by the one before them', async () => {
    const { login } = await loaded(
      { web1: at('10.0.0.1') },
      { config: 'Host a\n ProxyJump outer\nHost b\n ProxyJump nowhere\nHost 10.*\n ProxyJump a,b\nHost *\n User x\n' },
    )
    expect(wayOf(login('web1'))).toEqual(['outer = x@outer:22', 'a = x@a:22', 'b = x@b:22'])
  })

  test('as the inventory has them, over ssh_config: a host of it, or an address with the settings of the host behind', async () => {
    const { root, login, problems } = await loaded(
      {
        edge: at('192.0.2.9', { user: 'root', port: 2200, proxy_jump: 'none' }),
        web1: at('10.0.0.1'),
        web2: at('10.0.0.2', { proxy_jump: 'edge, ops@192.0.2.8:2022' }),
        web3: at('10.0.0.3', { proxy_jump: 'none' }),
        web4: at('10.0.0.4', { proxy_jump: 'bastion' }),
      },
      { config: `${BASTION}\nHost * !outer\n ProxyJump outer\n` },
      { connection: { proxy_jump: 'edge', user: 'deploy', identity_file: '~/key', known_hosts: '~/known' } },
    )
    expect(problems).toEqual([])
    expect(wayOf(login('web1'))).toEqual(['edge = root@192.0.2.9:2200'])
    expect(wayOf(login('web2'))).toEqual(['edge = root@192.0.2.9:2200', '192.0.2.8:2022 = ops@192.0.2.8:2022'])
    expect(login('web2').jumps?.[1]?.connection).toMatchObject({
      identityFile: join(root, 'key'),
      knownHosts: join(root, 'known'),
    })
    expect(wayOf(login('web3'))).toEqual([])
    // Its own key is the one that ssh_config names for it, and the way to it the one that is written there.
    expect(wayOf(login('web4'))).toEqual(['outer = ann@outer:22', 'bastion = deploy@192.0.2.1:2222'])
    expect(login('web4').jumps?.[1]?.connection.identityFile).toBeUndefined()
    expect(login('edge').jumps).toEqual([])
  })

  test('a jump host that is named for all hosts, itself among them, is reached by those before it', async () => {
    const { login, problems } = await loaded(
      { outer: at('192.0.2.1'), inner: at('192.0.2.2'), web1: at('10.0.0.1') },
      {},
      { connection: { proxy_jump: 'outer,inner' } },
    )
    expect(problems).toEqual([])
    expect(wayOf(login('outer'))).toEqual([])
    expect(wayOf(login('inner'))).toEqual(['outer = root@192.0.2.1:22'])
    expect(wayOf(login('web1'))).toEqual(['outer = root@192.0.2.1:22', 'inner = root@192.0.2.2:22'])
  })

  test('hosts of one jump host share it; hosts behind different ones may have one address', async () => {
    const { login, problems } = await loaded({
      web1: at('10.0.0.1', { proxy_jump: 'a.example.org' }),
      web2: at('10.0.0.2', { proxy_jump: 'a.example.org' }),
      web3: at('10.0.0.1', { proxy_jump: 'b.example.org' }),
    })
    expect(problems).toEqual([])
    expect(login('web1').jumps?.[0]).toBe(login('web2').jumps?.[0])
  })

  test('in a circle: told, with the place', async () => {
    const own = await loaded({ web1: at('bastion') }, { config: 'Host *\n  ProxyJump bastion\n' })
    expect(own.problems.map(line)).toEqual([
      '~/.ssh/config:2 bastion is its own ProxyJump (Write `ProxyJump none` for Host bastion above that line.)',
    ])
    const two = await loaded({
      a: at('192.0.2.1', { proxy_jump: 'b' }),
      b: at('192.0.2.2', { proxy_jump: 'a' }),
    })
    expect(two.problems.map(line)).toEqual([
      expect.stringMatching(/^inventories\/prod\/hosts.yml:\d+ the jump hosts of a go in a circle$/),
    ])
    const bad = await loaded({ a: at('192.0.2.1', { proxy_jump: 'b:99999' }) })
    expect(bad.problems.map(line)).toEqual([expect.stringContaining("'b:99999' is no list of jump hosts")])
  })
})

describe('what only the ssh program can do', () => {
  test.each([
    ['ProxyCommand nc %h %p', 'ProxyCommand (~/.ssh/config:2)'],
    ['CertificateFile ~/.ssh/cert', 'CertificateFile (~/.ssh/config:2)'],
    ['PKCS11Provider /usr/lib/p11.so', 'PKCS11Provider (~/.ssh/config:2)'],
    ['GSSAPIAuthentication yes', 'GSSAPIAuthentication (~/.ssh/config:2)'],
    ['KnownHostsCommand /bin/keys %H', 'KnownHostsCommand (~/.ssh/config:2)'],
    ['CanonicalizeHostname yes', 'CanonicalizeHostname (~/.ssh/config:2)'],
    ['IdentityFile ~/.ssh/%C', 'IdentityFile ~/.ssh/%C (~/.ssh/config:2)'],
    ['Match host 192.* exec "true"\n  Port 23', 'Match exec (~/.ssh/config:2)'],
    ['IdentityFile ~/.ssh/certified', 'certificate ROOT/.ssh/certified-cert.pub'],
    ['IdentityFile ~/.ssh/touch', 'security key ROOT/.ssh/touch'],
    ['ProxyJump proxied\nHost proxied\n  ProxyCommand nc %h %p', 'jump host proxied: ProxyCommand (~/.ssh/config:4)'],
  ])('%s', async (text, because) => {
    const ssh = {
      config: `Host 192.*\n${text}\n`,
      'certified-cert.pub': '',
      'touch.pub': 'sk-ssh-ed25519@openssh.com AAAA me\n',
    }
    const { root, login, problems } = await loaded({ web1: at('192.0.2.1'), web2: at('198.51.100.1') }, ssh)
    expect(problems).toEqual([])
    expect(login('web1')).toMatchObject({
      transport: 'openssh',
      programBecause: [because.replace('ROOT', root)],
    })
    expect(login('web2')).toMatchObject({ transport: 'ssh' })
  })

  test.each([
    'ProxyCommand none',
    'GSSAPIAuthentication no',
    'ControlMaster auto\nControlPath ~/.ssh/%C',
    'Match host 198.* exec "true"\n  Port 23',
    'Match exec "true"\n  LogLevel DEBUG',
    'ProxyJump a\nProxyCommand nc %h %p',
  ])('not so: %s', async (text) => {
    const { login, problems } = await loaded({ web1: at('192.0.2.1') }, { config: `Host 192.*\n${text}\n` })
    expect(problems).toEqual([])
    expect(login('web1').transport).toBe('ssh')
  })

  test("GSSAPIAuthentication of the system's file counts where there is a ticket", async () => {
    const system = 'Host *\n GSSAPIAuthentication yes\n'
    expect((await loaded({ web1: at('192.0.2.1') }, {}, { system })).login('web1').transport).toBe('ssh')
    const env = { KRB5CCNAME: '/tmp/krb5cc_1000' }
    expect((await loaded({ web1: at('192.0.2.1') }, {}, { system, env })).login('web1').transport).toBe('openssh')
  })

  test('is at odds with `transport: ssh`', async () => {
    const { problems } = await loaded(
      { web1: at('192.0.2.1', { transport: 'ssh' }) },
      { config: 'Host *\n ProxyCommand nc %h %p\n' },
    )
    expect(problems.map(line)).toEqual([
      expect.stringMatching(
        /hosts.yml:\d+ transport ssh can't log in at web1: only the ssh program has ProxyCommand \(~\/.ssh\/config:2\)/,
      ),
    ])
  })

  test('what Match exec may say is left to ssh; who logs in must be known', async () => {
    const config = 'Match exec "true"\n User bob\n Port 23\nHost *\n Port 24\n'
    const { problems, login } = await loaded(
      { web1: at('192.0.2.1', { user: 'ann' }), web2: at('192.0.2.2') },
      { config },
    )
    expect(login('web1')).toMatchObject({ transport: 'openssh', user: 'ann', leftToSsh: ['user', 'port'] })
    expect(problems.map(line)).toEqual([
      expect.stringMatching(
        /who logs in at web2 is decided by Match exec \(~\/.ssh\/config:1\), which only ssh can tell/,
      ),
    ])
  })
})

test('each host is matched with each section once, and what they share is worked out once', async () => {
  const root = projectFolder({
    ssh_config:
      'Host *.site1.example.org db*\n ProxyJump b1\nHost *\n User bob\nHost *.example.org\n ProxyJump bastion\n',
  })
  const places = { home: root, system: '/nonexistent', env: {} }
  const { nodes } = await readSshConfig(join(root, 'ssh_config'), places)
  let matched = 0
  const counted = nodes.map((node): Node => {
    if (node.kind !== 'section') return node
    const holds: Section['holds'] = (subject) => {
      matched += 1
      return node.section.holds(subject)
    }
    return { kind: 'section', section: { ...node.section, holds } }
  })
  const members = Array.from({ length: 500 }, (_, i): Member => {
    const origin = { file: 'hosts.yml', line: i + 1, col: 1 }
    const place = () => ({ origin, path: undefined })
    return { name: `web${i}`, address: `web${i}.example.org`, layers: [], origin, place }
  })
  const { settings } = logins(members, {
    ...{ dir: root, home: root, passwords: new Map(), becomePassword: undefined },
    here: { home: root, env: {}, localUser: 'ann', uid: 1000, hostname: 'laptop' },
    sshConfig: () => ({ nodes: counted, problems: [] }),
  })
  expect(settings.get('web499')?.jumps).toHaveLength(1)
  expect(settings.get('web499')?.jumps?.[0]).toBe(settings.get('web0')?.jumps?.[0])
  const theBastion = 1
  expect(matched).toBe((500 + theBastion) * 3)
})
