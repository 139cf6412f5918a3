import { expect, test } from 'vitest'
import { groupsOf } from '../../src/catalog/groups.ts'
import type { Role } from '../../src/catalog/role.ts'
import { roleVarsReader } from '../../src/catalog/role-vars.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { isSecret, reveal } from '../../src/masking/secret.ts'
import { projectFolder } from '../project-folder.ts'
import { hostNamed } from './host-fixture.ts'

const PLAIN = Array.from({ length: 200 }, (_, i) => `web${i + 1}`)

/** Hosts that set nothing of their own that a role reads, and such that do, at each level and in each way. */
async function inventoryOf() {
  const root = projectFolder({
    'inventories/site.yml': [
      'tiers:',
      '  - { name: web, roles: [r], vars: { r_users: { site: 1 }, r_code: 1 } }',
      '  - { name: db, roles: [r] }',
    ].join('\n'),
    'inventories/prod/hosts.yml': [
      'groups: { eu: {}, us: {} }',
      'tiers:',
      '  web:',
      '    hosts:',
      ...PLAIN.map((name) => `      ${name}: { address: ${name}, vars: { other: ${name} } }`),
      '      eu1: { address: eu1, groups: [eu] }',
      '      eu2: { address: eu2, groups: [eu] }',
      '      us1: { address: us1, groups: [us], vars: { r_users: { own: 3 } } }',
      '      none: { address: none, groups: [us], vars: { r_users: null } }',
      '      zeros: { address: zeros, vars: { r_code: 007 } }',
      '      seven: { address: seven, vars: { r_code: 7 } }',
      '      wrong: { address: wrong, vars: { r_users: 5 } }',
      '      filed: { address: filed }',
      '  db: { hosts: { db1: { address: db1 }, db2: { address: db2, groups: [eu] } } }',
    ].join('\n'),
    'inventories/prod/group_vars/all.yml': 'r_users: { all: 1 }\nother: x\n',
    'inventories/prod/group_vars/eu.yml': 'r_users: { eu: 2 }\n',
    'inventories/prod/group_vars/us.yml': 'r_users: { us: 2 }\nr_token: of us\n',
    'inventories/prod/host_vars/filed.yml': 'r_list: [{ c: 1 }]\n',
  })
  const given = ['r_list=[{ a: 1 }]']
  return (await loadInventory({ root, name: 'prod', vars: given, knownRoles: ['r'] })).inventory
}

const role: Role = {
  name: 'r',
  description: 'd',
  vars: {
    r_users: { description: 'd', type: 'object', default: { of: { default: true } } },
    r_code: { description: 'd', type: 'string', default: 'none' },
    r_token: { description: 'd', type: 'string', secret: true, optional: true },
    r_list: {
      description: 'd',
      type: 'array',
      items: { type: 'object', properties: { b: { type: 'integer', default: 2 } } },
      default: [],
    },
    r_needed: { description: 'd', type: 'string' },
  },
  resources: () => [],
}

const plain = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => (isSecret(inner) ? `secret ${reveal(inner)}` : inner))

test('what hosts share of the vars of a role is what each would have read for itself', async () => {
  const { hosts } = await inventoryOf()
  const reader = roleVarsReader()
  expect(reader.schemaProblem(role)).toBeUndefined()
  for (const host of hosts) {
    expect(plain(reader.read(role, host)), host.name).toBe(plain(roleVarsReader().read(role, host)))
  }
})

test('hosts that set nothing of their own that a role reads have one copy of its vars', async () => {
  const { hosts } = await inventoryOf()
  const reader = roleVarsReader()
  const copies = (names: readonly string[]) =>
    new Set(hosts.filter(({ name }) => names.includes(name)).map((host) => reader.read(role, host))).size
  expect(copies(PLAIN)).toBe(1)
  expect(copies(['eu1', 'eu2'])).toBe(1)
  // Alike in what they say, and not in where or how it is written.
  expect(copies(['zeros', 'seven', 'filed', 'us1', 'none'])).toBe(5)
  expect(copies(['web1', 'eu1', 'db1', 'db2'])).toBe(4)
})

test('hosts of which it is not known where their vars come from share nothing', () => {
  const reader = roleVarsReader()
  const [one, other] = [hostNamed('a', { r_code: 'x' }), hostNamed('b', { r_code: 'y' })]
  expect(reader.read(role, one).vars).toMatchObject({ r_code: 'x' })
  expect(reader.read(role, other).vars).toMatchObject({ r_code: 'y' })
})

test('a role that writes into its vars is stopped: they are those of other hosts, too', async () => {
  const { hosts } = await inventoryOf()
  const [host] = hosts
  const vars: Record<string, unknown> = host ? roleVarsReader().read(role, host).vars : {}
  expect(() => Object.assign(Object(vars.r_users), { mine: 1 })).toThrow(TypeError)
  expect(() => Object(vars.r_list).push(1)).toThrow(TypeError)
  expect(() => {
    vars.r_code = 'mine'
  }).toThrow(TypeError)
})

test('as peers, hosts that set the same have one copy of all vars, in each tier another', async () => {
  const inventory = await inventoryOf()
  const peers = groupsOf(inventory, new Map([['r', role]]), roleVarsReader()).group('all')
  const varsOf = (name: string) => peers.find((peer) => peer.name === name)?.vars
  expect(varsOf('eu1')).toBe(varsOf('eu2'))
  expect(varsOf('eu1')).toMatchObject({ other: 'x', r_users: { of: { default: true }, site: 1, all: 1, eu: 2 } })
  expect(varsOf('db2')).toMatchObject({ r_users: { of: { default: true }, all: 1, eu: 2 } })
  expect(varsOf('web1')).toMatchObject({ other: 'web1' })
  expect(varsOf('web2')).toMatchObject({ other: 'web2' })
})
