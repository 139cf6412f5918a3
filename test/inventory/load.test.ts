import { describe, expect, test } from 'vitest'
import { loadInventory } from '../../src/inventory/load.ts'
import { reveal, secret } from '../../src/masking/secret.ts'
import { NO_POLICY } from '../../src/rollout/policy.ts'
import { problemsOf, projectFolder } from '../project-folder.ts'

const SITE = `
tiers:
  - name: lb
    roles: [base]
    vars: { greeting: site, nested: { a: 1, b: 1 } }
  - name: web
    roles: [base, nginx]
    rollout: { serial: 25%, max_fail_percentage: 10 }
`
const HOSTS = `
connection: { user: deploy, known_hosts: known_hosts }
tiers:
  web:
    hosts:
      web1: { address: 192.0.2.11, connection: { user: root } }
      web2: { address: 192.0.2.12 }
  lb:
    connection: { port: 2222, become_password_file: sudo.txt }
    hosts:
      lb1:
        address: 192.0.2.21
        vars:
          greeting: host
`

const load = (root: string, more = {}) =>
  loadInventory({ root, name: 'prod', knownRoles: ['base', 'nginx', 'ufw'], home: '/home/me', ...more })

describe('a valid inventory', () => {
  const files = {
    'inventories/site.yml': SITE,
    'inventories/prod/hosts.yml': HOSTS,
    'inventories/prod/sudo.txt': 's3cret\n',
    'inventories/prod/group_vars/all.yml': 'greeting: all\nnested: { b: 2, c: 2 }\n',
    'inventories/prod/group_vars/lb.yml': 'nested:\n  c: 3\n',
    'inventories/prod/host_vars/lb1.yml': 'nested: { d: 4 }\n',
  }

  test('has hosts in the order of tiers, rollouts and defaults', async () => {
    const { inventory } = await load(projectFolder(files))
    expect(inventory.hosts.map((host) => host.name)).toEqual(['lb1', 'web1', 'web2'])
    expect(inventory.tiers.map((tier) => tier.rollout)).toEqual([
      NO_POLICY,
      { ...NO_POLICY, serial: ['25%'], maxFailPercentage: 10 },
    ])
  })

  test('merges vars by precedence and keeps where each was written', async () => {
    const { inventory } = await load(projectFolder(files), { vars: ['given=[1, two]'] })
    const lb1 = inventory.hosts[0]
    expect(lb1?.vars).toEqual({ greeting: 'host', nested: { a: 1, b: 2, c: 3, d: 4 }, given: [1, 'two'] })
    const place = (pointer: string) => {
      const origin = lb1?.origins.get(pointer)
      return origin && `${origin.file}:${origin.line}:${origin.col}`
    }
    expect(place('/greeting')).toBe('inventories/prod/hosts.yml:14:11')
    expect(place('/nested/a')).toBe('inventories/site.yml:5:39')
    expect(place('/nested/b')).toBe('inventories/prod/group_vars/all.yml:2:11')
    expect(place('/nested/c')).toBe('inventories/prod/group_vars/lb.yml:2:3')
    expect(place('/nested/d')).toBe('inventories/prod/host_vars/lb1.yml:1:11')
    expect(place('/given/1')).toBe('--var:1:1')
  })

  test('merges connections; paths are relative to hosts.yml', async () => {
    const root = projectFolder(files)
    const { inventory } = await load(root, { becomePassword: secret('asked') })
    const [lb1, web1, web2] = inventory.hosts.map((host) => host.connection)
    expect(lb1).toMatchObject({ user: 'deploy', port: 2222, become: 'sudo', transport: 'ssh', connectTimeout: 10 })
    expect(lb1?.knownHosts).toBe(`${root}/inventories/prod/known_hosts`)
    expect(lb1?.becomePassword && reveal(lb1.becomePassword)).toBe('s3cret')
    expect(web1).toMatchObject({ user: 'root', become: 'none', becomePassword: undefined, hostKeyChecking: 'strict' })
    expect(web2?.becomePassword && reveal(web2.becomePassword)).toBe('asked')
  })

  test('takes its own site.yml as a whole, and ~ as home', async () => {
    const { inventory } = await load(
      projectFolder({
        'inventories/site.yml': SITE,
        'inventories/prod/site.yml': 'tiers: [{ name: app, roles: [ufw] }]',
        'inventories/prod/hosts.yml':
          'tiers: { app: { hosts: { a: { address: a.example, connection: { identity_file: ~/id, known_hosts: /kh } } } } }',
      }),
    )
    expect(inventory.tiers.map((tier) => tier.name)).toEqual(['app'])
    expect(inventory.hosts[0]?.connection).toMatchObject({ identityFile: '/home/me/id', knownHosts: '/kh' })
  })
})

describe('everything wrong is reported at once', () => {
  const cases: Readonly<Record<string, { files: Record<string, string>; vars?: string[] }>> = {
    'names, types and duplicates over all files': {
      files: {
        'inventories/site.yml': `
tiers:
  - name: web
    roles: [base, ngnix]
    rolout: {}
  - name: db
    roles: []
    rollout: { serial: 0, max_fail_percentage: '5' }
`,
        'inventories/prod/hosts.yml': `
connection: { host_key_checking: stric, port: 70000 }
tiers:
  wbe:
    hosts:
      a: { addres: 192.0.2.1 }
  web:
    hosts:
      b: { address: 192.0.2.2 }
      c: { address: 192.0.2.2 }
      d: { address: 192.0.2.4, connection: { become: sudo, become_password_file: no.txt } }
  db:
    hosts:
      b: { address: 192.0.2.9 }
      db 2: { address: "-oProxyCommand=x" }
`,
        'inventories/prod/group_vars/wep.yml': 'a: 1',
        'inventories/prod/group_vars/db.yaml': 'a: 1',
        'inventories/prod/host_vars/dd.yml': '- 1',
      },
      vars: ['oops'],
    },
  }
  test.each(Object.entries(cases))('%s', async (_, { files, vars }) => {
    const root = projectFolder(files)
    const found = await problemsOf(() => load(root, { vars }))
    expect(found.map((line) => line.replaceAll(root, '<root>')).join('\n')).toMatchSnapshot()
  })
})
