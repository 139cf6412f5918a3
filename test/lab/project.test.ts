import { readFileSync } from 'node:fs'
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
    'inventories/prod/hosts.yml': hosts,
    ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`inventories/prod/${name}`, text])),
  })
  const labDir = join(root, '.lab/try')
  const from = join(root, 'inventories/prod')
  const plan = await copyForLab({ from, labDir, subnet: '10.79.0', suiteOf: suiteChooser(suites) })
  const text = (name: string): string => readFileSync(join(plan.inventory, name), 'utf8')
  const read = (name: string): unknown => parse(text(name))
  return { root, from, plan, text, read }
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
      connection: { identity_file: '../id_ed25519', known_hosts: '../known_hosts' },
      groups: { eu: { hosts: ['web1'] } },
      age_key_file: join(root, 'inventories/age.txt'),
      tiers: {
        web: {
          hosts: {
            web1: {
              address: '10.79.0.11',
              connection: { user: 'deploy', port: 2222, become_password_file: '../become_password' },
            },
            web2: { address: '10.79.0.12', connection: { user: 'root', port: 22 }, vars: { peer: '10.79.0.11' } },
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
      ['web2', 'root', 'none', 22],
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
    const suiteOf = suiteChooser([])
    await expect(copyForLab({ from: '/none', labDir: '/none', subnet: '10.79.0', suiteOf })).rejects.toThrow(
      /\/none\/hosts\.yml is missing/,
    )
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
