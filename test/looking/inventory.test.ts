import { describe, expect, it } from 'vitest'
import { inventoryJson } from '../../src/looking/inventory-json.ts'
import { graphLines, hostLines, listLines } from '../../src/looking/inventory-lines.ts'
import { inventoryView } from '../../src/looking/inventory-view.ts'
import { lookAt } from '../../src/looking/read-inventory.ts'
import { type Line, paint } from '../../src/render/format/line.ts'
import { problemsOf, projectFolder } from '../project-folder.ts'

const ROLE = `
import { defineRole } from 'provision'
export default defineRole({
  name: 'shop',
  description: 'Of a test.',
  vars: {
    shop_port: { type: 'integer', description: 'Port.', default: 80 },
    shop_name: { type: 'string', description: 'Name.' },
    shop_token: { type: 'string', description: 'Token.', secret: true, default: 'default-t0ken' },
    shop_env: { type: 'object', description: 'Environment.', default: { LANG: 'C' }, additionalProperties: { type: 'string' } },
    shop_users: {
      type: 'array', description: 'Users.', default: [],
      items: { type: 'object', properties: { name: { type: 'string' }, password: { type: 'string', secret: true } } },
    },
  },
  resources: () => [],
})
`

const FILES = {
  'roles/shop/index.ts': ROLE,
  'inventories/site.yml':
    'tiers:\n  - name: db\n    roles: [shop]\n  - name: web\n    roles: [shop]\n    vars: { shop_port: 81 }\n',
  'inventories/live/hosts.yml': [
    'connection: { user: deploy }',
    'tiers:',
    '  web:',
    '    hosts:',
    '      web1: { address: 192.0.2.1, groups: [canary], vars: { shop_env: { PORT: "1" } } }',
    '      web2: { address: 2001:db8::2, connection: { user: root, port: 2222 } }',
    '  db:',
    '    hosts:',
    '      db1: { address: 192.0.2.9 }',
    'groups:',
    '  eu: { groups: [canary], hosts: [web2] }',
    '  canary: {}',
    '',
  ].join('\n'),
  'inventories/live/group_vars/all.yml': 'shop_name: all\nshop_env: { MODE: live }\n',
  'inventories/live/group_vars/web.yml':
    'shop_port: 82\nshop_token: in-the-cl3ar\nshop_users:\n  - { name: ada, password: hunter22 }\n',
  'inventories/live/group_vars/canary.yml': 'shop_env: { PHASE: canary }\n',
  'inventories/live/host_vars/web2.yml': 'shop_port: 83\n',
}

const look = async (
  limit: string[] = [],
  vars: string[] = [],
  files: Record<string, string> = FILES,
  named?: string[],
) => {
  const { inventory, hosts, roles } = await lookAt(
    { root: projectFolder(files), inventory: 'live', limit, vars },
    named,
  )
  return inventoryView(inventory, roles, hosts)
}
const text = (lines: readonly Line[]): string[] => lines.map((one) => paint(one, false))

describe('provision inventory', () => {
  it('--graph: tiers in the order of a run, with roles and hosts', async () => {
    expect(text(graphLines(await look()))).toEqual([
      'live: 3 hosts in 2 tiers, 2 groups',
      '├─ db (1 host)  shop',
      '│  └─ db1  192.0.2.9',
      '└─ web (2 hosts)  shop',
      '   ├─ web1  192.0.2.1  eu  canary',
      '   └─ web2  2001:db8::2  eu',
      '',
      'groups',
      '└─ eu (2 hosts)',
      '   ├─ canary (1 host)',
      '   │  └─ web1',
      '   └─ web2',
    ])
  })

  it('--limit leaves out hosts, and tiers that have none then; what it leaves of --host is shown', async () => {
    expect(text(graphLines(await look(['web1'])))).toEqual([
      'live: 1 host in 1 tier, 2 groups',
      '└─ web (1 host)  shop',
      '   └─ web1  192.0.2.1  eu  canary',
      '',
      'groups',
      '└─ eu (1 host)',
      '   └─ canary (1 host)',
      '      └─ web1',
    ])
    expect((await look(['web'], [], FILES, ['*1'])).hosts.map(({ name }) => name)).toEqual(['web1'])
    expect(await problemsOf(() => look(['db'], [], FILES, ['web*']))).toEqual(['--limit leaves none of web*'])
    expect(await problemsOf(() => look([], [], FILES, ['wbe1']))).toEqual([
      "--limit: nothing is named 'wbe1' (did you mean 'web1'?)",
    ])
  })

  it('--list: how each host is logged in to, and where it is declared', async () => {
    expect(text(listLines(await look()))).toEqual([
      'host  tier  groups     address      login                        declared in',
      'db1   db    -          192.0.2.9    ssh deploy@192.0.2.9, sudo   inventories/live/hosts.yml:9',
      'web1  web   eu,canary  192.0.2.1    ssh deploy@192.0.2.1, sudo   inventories/live/hosts.yml:5',
      'web2  web   eu         2001:db8::2  ssh root@[2001:db8::2]:2222  inventories/live/hosts.yml:6',
    ])
  })

  it('--host: each var with its value, its level and its place; a mapping of several places key by key; secrets masked', async () => {
    const view = await look(['web1', 'web2'], ['shop_name=given'])
    const [web1 = [], web2 = []] = view.hosts.map((host) => text(hostLines(host)))
    expect(web1).toEqual([
      'web1  tier web, groups eu, canary, 192.0.2.1  inventories/live/hosts.yml:5',
      '  login: ssh deploy@192.0.2.1, sudo',
      '',
      '  set',
      '    shop_env.MODE   all           inventories/live/group_vars/all.yml:2     live',
      '    shop_env.PHASE  group canary  inventories/live/group_vars/canary.yml:1  canary',
      '    shop_env.PORT   host          inventories/live/hosts.yml:5              "1"',
      '    shop_name       --var         --var                                     given',
      '    shop_port       tier web      inventories/live/group_vars/web.yml:1     82',
      '    shop_token      tier web      inventories/live/group_vars/web.yml:2     ‹secret›',
      '    shop_users      tier web      inventories/live/group_vars/web.yml:3     [{"name":"ada","password":"‹secret›"}]',
      '',
      '  left to the defaults of its roles',
      '    shop_env.LANG  role shop  C',
    ])
    expect(web2).toContainEqual(
      expect.stringMatching(/^ {4}shop_port +host +inventories\/live\/host_vars\/web2.yml:1 +83$/),
    )
    expect(JSON.stringify([inventoryJson(view), web1, web2])).not.toMatch(/hunter22|in-the-cl3ar/)
  })

  it('the tier of site.yml is a level of its own; a default that is secret is masked', async () => {
    const { 'inventories/live/group_vars/web.yml': _, ...files } = FILES
    const [web1] = (await look(['web1'], [], files)).hosts.map((host) => text(hostLines(host)))
    expect(web1).toContainEqual(expect.stringMatching(/^ {4}shop_port +site tier +inventories\/site.yml:6 +81$/))
    expect(web1).toContain('    shop_token     role shop  ‹secret›')
  })

  it('--json: hosts with their vars, and where each was set', async () => {
    const json: unknown = JSON.parse(JSON.stringify(inventoryJson(await look(['db1']))))
    expect(json).toMatchObject({
      format: 'provision-inventory',
      version: 1,
      inventory: 'live',
      tiers: [{ name: 'db', roles: ['shop'], hosts: ['db1'], file: 'inventories/site.yml', line: 2 }],
      groups: [],
      hosts: [
        {
          name: 'db1',
          tier: 'db',
          groups: [],
          address: '192.0.2.9',
          connection: { transport: 'ssh', user: 'deploy', port: 22, become: 'sudo' },
          vars: { shop_name: 'all', shop_port: 80, shop_token: '‹secret›', shop_env: { LANG: 'C', MODE: 'live' } },
          sources: expect.arrayContaining([
            {
              path: 'shop_name',
              pointer: '/shop_name',
              level: 'all',
              file: 'inventories/live/group_vars/all.yml',
              line: 1,
            },
            { path: 'shop_port', pointer: '/shop_port', level: 'role default', of: 'shop' },
          ]),
        },
      ],
    })
  })

  it('vars that are still missing are no reason not to look; a file that is wrong is', async () => {
    const { 'inventories/live/group_vars/all.yml': _, ...files } = FILES
    expect((await look(['db1'], [], files)).hosts[0]?.vars).not.toHaveProperty('shop_name')
    const broken = { ...FILES, 'inventories/live/group_vars/wbe.yml': 'a: 1\n' }
    expect(await problemsOf(() => look([], [], broken))).toEqual([expect.stringContaining("did you mean 'web'?")])
  })
})
