import { chmodSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { copyForLab, inventoryWord, keptOut } from '../../src/lab/project.ts'
import { suiteChooser } from '../../src/lab/suites.ts'
import { prepare } from '../../src/run/prepare.ts'
import { problemsOf, projectFolder } from '../project-folder.ts'

const SITE = 'tiers: [{ name: web, roles: [] }, { name: db, roles: [] }]\n'

async function copied(hosts: string, files: Readonly<Record<string, string>> = {}, suites: readonly string[] = []) {
  const root = projectFolder({
    'inventories/site.yml': SITE,
    ...(hosts !== '' && { 'inventories/prod/hosts.yml': hosts }),
    ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`inventories/prod/${name}`, text])),
  })
  const labDir = join(root, '.lab/try')
  const from = join(root, 'inventories/prod')
  const told: string[] = []
  const plan = await copyForLab({
    ...{ root, from, labDir, subnet: '10.79.0' },
    suiteOf: suiteChooser(suites),
    say: (line) => told.push(line),
  })
  const text = (name: string): string => readFileSync(join(plan.inventory, name), 'utf8')
  const read = (name: string): unknown => parse(text(name))
  return { root, from, plan, text, read, told }
}

describe('an inventory for hosts of a lab', () => {
  test('hosts of one network keep their last numbers, and all that is written of that network moves along', async () => {
    const { root, plan, read, text } = await copied(
      `# ours
connection: { user: deploy, identity_file: ~/.ssh/prod, known_hosts: ../known, become_password_file: ~/sudo }
groups: { eu: { hosts: [web1], connection: { proxy_jump: bastion } } }
age_key_file: ../age.txt
tiers:
  web:
    connection: { transport: openssh, port: 2222 }
    hosts:
      web1: { address: 192.0.2.11 } # the first
      web2: { address: 192.0.2.12, connection: { host: bastion-web2, user: root, port: 22 }, vars: { peer: 192.0.2.11 } }
  db: { hosts: { db1: { address: 192.0.2.51, connection: { user: ada } } } }
`,
      {
        'group_vars/all.yml': 'vip: 192.0.2.100\nnets: [192.0.2.0/24, "from 192.0.2.1", 10.192.0.2, 1192.0.2.1]\n',
        'group_vars/db.sops.yml': 'password: ENC[192.0.2.11]\n',
      },
    )
    expect(read('hosts.yml')).toEqual({
      connection: { identity_file: '../id_ed25519', known_hosts: '../known_hosts', ssh_config: false },
      groups: { eu: { hosts: ['web1'] } },
      age_key_file: join(root, 'inventories/age.txt'),
      tiers: {
        web: {
          hosts: {
            web1: {
              address: '10.79.0.11',
              connection: { user: 'deploy', port: 2222, become_password_file: '../become_password' },
            },
            web2: { address: '10.79.0.12', connection: { user: 'root' }, vars: { peer: '10.79.0.11' } },
          },
        },
        db: {
          hosts: {
            db1: { address: '10.79.0.51', connection: { user: 'ada', become_password_file: '../become_password' } },
          },
        },
      },
    })
    expect(text('hosts.yml')).toMatch(/^# ours\n[\s\S]*# the first/)
    expect(read('group_vars/all.yml')).toEqual({
      vip: '10.79.0.100',
      nets: ['10.79.0.0/24', 'from 10.79.0.1', '10.192.0.2', '1192.0.2.1'],
    })
    expect(text('group_vars/db.sops.yml')).toBe('password: ENC[192.0.2.11]\n')
    expect(text('site.yml')).toBe(SITE)
    expect(plan.hosts.map(({ name, user, sudo, port }) => [name, user, sudo, port])).toEqual([
      ['web1', 'deploy', 'password', 2222],
      ['web2', 'root', 'none', undefined],
      ['db1', 'ada', 'password', undefined],
    ])
  })

  test('hosts of several networks are numbered, and only their addresses move', async () => {
    const { plan, read } = await copied(
      `tiers:
  web: { hosts: { web1: { address: 192.0.2.1 }, web2: { address: web2.example.org }, web3: { address: "2001:db8::3" } } }
  db: { hosts: { db1: { address: 198.51.100.12 } } }
`,
      {
        'host_vars/web1.yml':
          'a: ["192.0.2.1:80", 192.0.2.10, 192.0.2.1.5, "[2001:db8::3]:80", "2001:db8::33", web2.example.org, "db at 198.51.100.12."]\n',
      },
    )
    expect(plan.hosts.map(({ address }) => address)).toEqual(['10.79.0.11', '10.79.0.12', '10.79.0.13', '10.79.0.14'])
    expect(read('host_vars/web1.yml')).toEqual({
      a: [
        '10.79.0.11:80',
        '192.0.2.10',
        '192.0.2.1.5',
        '10.79.0.13:80',
        '2001:db8::33',
        'web2.example.org',
        'db at 10.79.0.14.',
      ],
    })
  })

  test('is one that a run takes', async () => {
    const { root, plan } = await copied(
      'tiers: { web: { hosts: { web1: { address: web1.example.org } } }, db: { hosts: {} } }\n',
    )
    await keptOut(root)
    await keptOut(root)
    expect(readFileSync(join(root, '.lab/.gitignore'), 'utf8')).toBe('*\n')
    const inventory = inventoryWord(root, plan.inventory)
    expect(inventory).toBe('.lab/try/inventory')
    const { hosts } = await prepare({ root, inventory, limit: [], tags: [], vars: [] })
    expect(hosts.map(({ name, address, connection }) => [name, address, connection.user])).toEqual([
      ['web1', '10.79.0.11', 'root'],
    ])
    expect(hosts[0]?.connection.identityFile).toBe(join(root, '.lab/try/id_ed25519'))
  })

  test('what no lab can be made of is refused', async () => {
    expect(await problemsOf(() => copied('tiers: [\n'))).toEqual([expect.stringContaining('hosts.yml:')])
    expect(await problemsOf(() => copied('tiers: {}\n'))).toEqual([expect.stringMatching(/there is no host in it$/)])
    const many = Array.from({ length: 201 }, (_, i) => `h${i}: { address: h${i}.example.org }`).join(', ')
    expect(await problemsOf(() => copied(`tiers: { web: { hosts: { ${many} } } }\n`))).toEqual([
      expect.stringMatching(/201 hosts are too many for a lab: 200 at most$/),
    ])
    expect(await problemsOf(() => copied('', { 'group_vars/all.yml': '' }))).toEqual([
      expect.stringMatching(/prod\/hosts\.yml is missing \(.*hosts\.ts, or a program hosts/),
    ])
    expect(await problemsOf(() => copied('tiers: { web: { hosts: { web1: {} } } }\n'))).toEqual([
      expect.stringMatching(/prod\/hosts\.yml:1:\d+ .*address/),
    ])
    expect(await problemsOf(() => copied('tiers: { web: { hosts: { web1: { address: 10.79.0.5 } } } }\n'))).toEqual([
      expect.stringMatching(/10\.79\.0\.0\/24 is that of web1 .*--subnet 10\.80\.0/),
    ])
  })
})

describe('whatever its hosts come from', () => {
  const HOSTS = {
    connection: { user: 'deploy', proxy_jump: 'ops@bastion.example.org' },
    groups: { eu: { hosts: ['web1'], connection: { proxy_jump: 'none' }, vars: { motd_contact: 'eu@192.0.2.51' } } },
    tiers: {
      web: { hosts: { web1: { address: '192.0.2.11', groups: ['eu'], connection: { port: 2222 } } } },
      db: { hosts: { db1: { address: '192.0.2.51', vars: { motd_contact: 'see 192.0.2.11' } } } },
    },
  }
  const ROLE =
    "import { defineRole } from 'provision'\nexport default defineRole({ name: 'motd', description: 'A.', vars: { motd_contact: { type: 'string', description: 'B.', default: '' } }, resources: () => [] })\n"
  const SITE_WITH_ROLE = 'tiers: [{ name: web, roles: [motd] }, { name: db, roles: [motd] }]\n'
  const program = (answer: unknown) => `#!/bin/sh\ncat <<'E'\n${JSON.stringify(answer)}\nE\n`
  /** As `ansible-inventory --list` prints the same. */
  const ANSIBLE = {
    _meta: {
      hostvars: {
        web1: { ansible_host: '192.0.2.11', ansible_port: 2222, strange: 1 },
        db1: { ansible_host: '192.0.2.51', motd_contact: 'see 192.0.2.11' },
      },
    },
    all: {
      children: ['web', 'db', 'eu'],
      vars: { ansible_user: 'deploy', ansible_ssh_common_args: '-J ops@bastion.example.org', of_no_role: '{{ x }}' },
    },
    eu: { hosts: ['web1'], vars: { motd_contact: 'eu@192.0.2.51', also_strange: [] } },
    web: { hosts: ['web1'] },
    db: { hosts: ['db1'], vars: { strange: 2 } },
  }

  async function tried(source: Readonly<Record<string, string>>, site = SITE_WITH_ROLE) {
    const files = Object.entries(source).map(([name, text]) => [`inventories/prod/${name}`, text])
    const root = projectFolder({
      'inventories/site.yml': site,
      'roles/motd/index.ts': ROLE,
      ...Object.fromEntries(files),
      'inventories/prod/group_vars/web.yml': '{}\n',
    })
    if (source.hosts !== undefined) chmodSync(join(root, 'inventories/prod/hosts'), 0o755)
    const plan = await copyForLab({
      ...{ root, from: join(root, 'inventories/prod'), labDir: join(root, '.lab/try'), subnet: '10.79.0' },
      suiteOf: suiteChooser([]),
      say: () => undefined,
    })
    return { root, plan, run: await prepare({ root, inventory: '.lab/try/inventory', limit: [], tags: [], vars: [] }) }
  }

  test.each([
    ['hosts.yml', { 'hosts.yml': JSON.stringify(HOSTS) }],
    [
      'hosts.ts',
      {
        'hosts.ts': `import { more } from './more.ts'\nexport default async () => ({ ...more, ...${JSON.stringify(HOSTS)} })\n`,
        'more.ts': 'export const more: object = {}\n',
      },
    ],
    ['hosts.js', { 'hosts.js': `export default ({ tiers }) => tiers.length === 2 && ${JSON.stringify(HOSTS)}\n` }],
    ['a program', { hosts: program(HOSTS) }],
    ['a program, as Ansible has it', { hosts: program(ANSIBLE) }],
  ])('%s: the same hosts, reached without the bastion, and an inventory that a run takes', async (_, source) => {
    const { root, plan, run } = await tried(source)
    expect(plan.hosts).toMatchObject([
      { name: 'web1', tier: 'web', address: '10.79.0.11', user: 'deploy', sudo: 'nopasswd', port: 2222 },
      { name: 'db1', tier: 'db', address: '10.79.0.51', user: 'deploy', sudo: 'nopasswd', port: undefined },
    ])
    const [web1, db1] = run.inventory.hosts
    for (const host of [web1, db1]) {
      expect(host?.connection).toMatchObject({ user: 'deploy', identityFile: join(root, '.lab/try/id_ed25519') })
      expect(host?.connection).toMatchObject({ transport: 'ssh', sshConfig: 'none' })
      expect(host?.connection.jumps).toBeUndefined()
    }
    expect([web1?.address, web1?.connection.port, db1?.address, db1?.connection.port]).toEqual([
      '10.79.0.11',
      2222,
      '10.79.0.51',
      22,
    ])
    expect([web1?.groups, web1?.vars.motd_contact, db1?.vars.motd_contact]).toEqual([
      ['eu'],
      'eu@10.79.0.51',
      'see 10.79.0.11',
    ])
    expect(readdirSync(plan.inventory).filter((name) => name.startsWith('hosts'))).toEqual(['hosts.yml'])
  })

  test("of Ansible's vars those are kept that a role has, or that a slip would be", async () => {
    const vars = { ...ANSIBLE.all.vars, motd_contcat: 'x' }
    const slip = () => tried({ hosts: program({ ...ANSIBLE, all: { ...ANSIBLE.all, vars } }) })
    expect(await problemsOf(slip)).toEqual([expect.stringMatching(/unknown var 'motd_contcat'.*motd_contact/)])
    const db = { ...ANSIBLE.db, vars: { motd_contact: '{{ lookup() }}' } }
    expect(await problemsOf(() => tried({ hosts: program({ ...ANSIBLE, db }) }))).toEqual([
      expect.stringMatching(/prod\/hosts \(executable\): db\.vars\.motd_contact.*'motd_contact' has a template/),
    ])
  })

  test('who logs in is as ssh_config says, where the inventory says nothing; its jump hosts are no way into the lab', async () => {
    const { plan, run } = await tried({
      'hosts.yml':
        'connection: { ssh_config: config }\ntiers: { web: { hosts: { web1: { address: 192.0.2.11 } } }, db: { hosts: {} } }\n',
      config: 'Host 192.0.2.* 10.79.*\n User ops\n Port 2022\n ProxyJump bastion.example.org\n',
    })
    expect(plan.hosts).toMatchObject([{ user: 'ops', port: 2022, sudo: 'nopasswd' }])
    expect(run.hosts[0]?.connection).toMatchObject({ user: 'ops', port: 2022 })
    expect(run.hosts[0]?.connection.jumps).toBeUndefined()
  })
})

describe('what is copied', () => {
  test('numbers stay as they were written, and what is linked is left as it is', async () => {
    const { root, text, plan } = await copied(
      'tiers: { web: { hosts: { web1: { address: 192.0.2.11, vars: { a: 0042, b: 7225e2, c: 1.10 } } } }, db: { hosts: {} } }\n',
      { 'group_vars/all.yml': 'a: 0042 # of 192.0.2.11\nb: 1.10\n"peer": \'192.0.2.11\'\n' },
    )
    expect(text('hosts.yml')).toMatch(/a: 0042, b: 7225e2, c: 1\.10/)
    expect(text('group_vars/all.yml')).toBe('a: 0042 # of 192.0.2.11\nb: 1.10\n"peer": \'10.79.0.11\'\n')

    const shared = join(root, 'common.yml')
    writeFileSync(shared, 'peer: 192.0.2.11\n')
    symlinkSync('../../../common.yml', join(root, 'inventories/prod/group_vars/web.yml'))
    await copyForLab({
      ...{ root, from: join(root, 'inventories/prod'), labDir: join(root, '.lab/try'), subnet: '10.79.0' },
      suiteOf: suiteChooser([]),
      say: () => undefined,
    })
    expect(readFileSync(shared, 'utf8')).toBe('peer: 192.0.2.11\n')
    expect(readFileSync(join(plan.inventory, 'group_vars/web.yml'), 'utf8')).toBe('peer: 10.79.0.11\n')
  })

  test('aliases and merge keys are written out, so that a host is changed without the others', async () => {
    const { read, plan } = await copied(`
tiers:
  web: &tier
    connection: { proxy_jump: bastion }
    vars: { n: &n 0042 }
    hosts:
      web1: &web { address: 192.0.2.11, groups: [eu], connection: { user: ada } }
      web2: { <<: *web, address: 192.0.2.12, vars: { n: *n } }
  db:
    <<: *tier
    hosts: { db1: { <<: [{ groups: [us] }, *web], address: 192.0.2.51 } }
`)
    expect(plan.hosts.map(({ name, user }) => [name, user])).toEqual([
      ['web1', 'ada'],
      ['web2', 'ada'],
      ['db1', 'ada'],
    ])
    const connection = { user: 'ada' }
    expect(read('hosts.yml')).toMatchObject({
      tiers: {
        web: {
          hosts: {
            web1: { address: '10.79.0.11', groups: ['eu'], connection },
            web2: { address: '10.79.0.12', groups: ['eu'], connection, vars: { n: 42 } },
          },
        },
        db: { vars: { n: 42 }, hosts: { db1: { address: '10.79.0.51', groups: ['us'], connection } } },
      },
    })
    expect(JSON.stringify(read('hosts.yml'))).not.toContain('bastion')
  })

  test('names that are addresses mean the hosts of the lab there; forwarded ports of this machine are hosts of their own', async () => {
    const { plan, read } = await copied(
      `tiers:
  web: { hosts: { web1: { address: web1.example.org }, vm1: { address: 127.0.0.1, connection: { port: 2222 } } } }
  db: { hosts: { vm2: { address: 127.0.0.1, connection: { port: 2200 } } } }
`,
      { 'group_vars/all.yml': 'listen: 127.0.0.1:80\nserver: web1.example.org\n' },
    )
    expect(plan.hosts.map(({ address, alias, port }) => [address, alias, port])).toEqual([
      ['10.79.0.11', 'web1.example.org', undefined],
      ['10.79.0.12', undefined, 2222],
      ['10.79.0.13', undefined, 2200],
    ])
    expect(read('group_vars/all.yml')).toEqual({ listen: '127.0.0.1:80', server: 'web1.example.org' })
  })

  test('hooks are not: nobody is told of a trial', async () => {
    const hosts = 'tiers: { web: { hosts: { web1: { address: 192.0.2.11 } } } }\n'
    const site = `# ours\n${SITE}hooks: [{ on: [failed], url: "https://chat.example.org/x" }]\n`
    const { read, text, told } = await copied(hosts, { 'site.yml': site })
    expect(read('site.yml')).toEqual({
      tiers: [
        { name: 'web', roles: [] },
        { name: 'db', roles: [] },
      ],
    })
    expect(text('site.yml')).toMatch(/^# ours\n/)
    expect(told).toEqual([expect.stringMatching(/^hooks .* left out/)])
  })
})

test('the system of a host is its own, that of its tier, that of all', () => {
  const suiteOf = suiteChooser(['bookworm', 'db=sid', 'db2=trixie'])
  expect(suiteOf({ name: 'web1', tier: 'web' })).toBe('bookworm')
  expect(suiteOf({ name: 'db1', tier: 'db' })).toBe('sid')
  expect(suiteOf({ name: 'db2', tier: 'db' })).toBe('trixie')
  expect(suiteChooser([])({ name: 'web1', tier: 'web' })).toBe('trixie')
  expect(() => suiteChooser(['bokworm'])).toThrow("there is no suite 'bokworm'")
})
