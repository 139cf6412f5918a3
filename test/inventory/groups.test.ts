import { describe, expect, test } from 'vitest'
import { loadInventory } from '../../src/inventory/load.ts'
import { problemsOf, projectFolder } from '../project-folder.ts'

const SITE = `
tiers:
  - { name: lb, roles: [base], vars: { from_site: site, level: site } }
  - { name: web, roles: [base] }
`
const HOSTS = `
groups:
  eu: { groups: [eu-west, eu-central], connection: { user: eu } }
  eu-west: { hosts: ['web{01..02}'], connection: { port: 2222 } }
  eu-central: { hosts: ['web[03:04]', lb1] }
  canary:
  front: { groups: [lb] }
tiers:
  web:
    hosts:
      web01: { address: 192.0.2.1 }
      web02: { address: 192.0.2.2, groups: [canary] }
      web03: { address: 192.0.2.3 }
      web04: { address: 192.0.2.4, connection: { user: root } }
  lb: { hosts: { lb1: { address: 192.0.2.9 } } }
`
const project = (files: Readonly<Record<string, string>> = {}) =>
  projectFolder({ 'inventories/site.yml': SITE, 'inventories/prod/hosts.yml': HOSTS, ...files })

const load = (root: string, more = {}) => loadInventory({ root, name: 'prod', knownRoles: ['base'], ...more })
const host = async (root: string, name: string, more = {}) => {
  const { inventory } = await load(root, more)
  const found = inventory.hosts.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no ${name}`)
  return found
}

describe('groups', () => {
  test('are made of hosts, ranges, other groups and tiers, and of hosts that say so', async () => {
    const { inventory } = await load(project())
    expect(inventory.groups.map(({ name, hosts }) => [name, hosts])).toEqual([
      ['eu', ['web01', 'web02', 'web03', 'web04', 'lb1']],
      ['eu-west', ['web01', 'web02']],
      ['eu-central', ['web03', 'web04', 'lb1']],
      ['canary', ['web02']],
      ['front', ['lb1']],
    ])
    expect(inventory.groups[0]).toMatchObject({
      children: ['eu-west', 'eu-central'],
      origin: { file: 'inventories/prod/hosts.yml', line: 3, col: 3 },
    })
    expect(inventory.hosts.map(({ name, groups }) => [name, groups.join(' ')])).toEqual([
      ['lb1', 'eu eu-central front'],
      ['web01', 'eu eu-west'],
      ['web02', 'eu eu-west canary'],
      ['web03', 'eu eu-central'],
      ['web04', 'eu eu-central'],
    ])
  })

  test('need not be declared where no group is', async () => {
    const hosts =
      'tiers: { web: { hosts: { a: { address: a, groups: [eu, canary] }, b: { address: b, groups: [eu] } } } }'
    const { inventory } = await load(project({ 'inventories/prod/hosts.yml': hosts }))
    expect(inventory.groups.map(({ name, hosts }) => [name, hosts])).toEqual([
      ['eu', ['a', 'b']],
      ['canary', ['a']],
    ])
    expect(inventory.groups[1]?.origin).toMatchObject({ line: 1, col: 56 })
  })

  test('are between all and the tier; the inner of two wins', async () => {
    const levels = ['all', 'eu', 'eu-central', 'front', 'lb'].map((name, i, names) => [
      `inventories/prod/group_vars/${name}.yml`,
      `level: ${name}\n${names
        .slice(i)
        .map((one) => `upto_${one.replace('-', '_')}: ${name}\n`)
        .join('')}`,
    ])
    // front is in no other group, so it may not disagree.
    const files = Object.fromEntries(levels.filter(([file]) => !file?.includes('front')))
    const { vars, levels: kept } = await host(project(files), 'lb1', { vars: ['given=yes'] })
    expect(vars).toMatchObject({
      from_site: 'site',
      level: 'lb',
      upto_all: 'all',
      upto_eu: 'eu',
      upto_eu_central: 'eu-central',
      upto_lb: 'lb',
    })
    expect(kept.map(({ scope, name }) => `${scope} ${name}`)).toEqual([
      'site lb',
      'all all',
      'group eu',
      'group eu-central',
      'tier lb',
      'command line lb1',
    ])
  })

  test('have vars in hosts.yml too, as all and tiers have, below those of the files', async () => {
    const hosts = `
vars: { a: all, b: all, c: all }
groups: { eu: { vars: { b: eu, c: eu } } }
tiers: { web: { vars: { c: web }, hosts: { x: { address: x, groups: [eu] } } } }
`
    const files = { 'inventories/prod/hosts.yml': hosts, 'inventories/prod/group_vars/all.yml': 'a: file' }
    const { vars, origins } = await host(project(files), 'x')
    expect(vars).toEqual({ a: 'file', b: 'eu', c: 'web' })
    expect(origins.get('/b')).toEqual({ file: 'inventories/prod/hosts.yml', line: 3, col: 25 })
  })

  test('say how to log in: narrower than all, wider than the tier and the host', async () => {
    const { inventory } = await load(project())
    expect(inventory.hosts.map(({ name, connection: { user, port } }) => `${name} ${user} ${port}`)).toEqual([
      'lb1 eu 22',
      'web01 eu 2222',
      'web02 eu 2222',
      'web03 eu 22',
      'web04 root 22',
    ])
  })
})

describe('two groups that set a var differently', () => {
  const files = {
    'inventories/prod/group_vars/canary.yml': 'version: 2\nshop: { a: 1, b: 1 }\nsame: [1]\n',
    'inventories/prod/group_vars/eu.yml': 'shop: { c: 1 }\n',
    'inventories/prod/group_vars/eu-west.yml': 'same: [1]\nshop: { b: 2, d: 2 }\nversion: 1\n',
  }
  const ERRORS = [
    "inventories/prod/group_vars/eu-west.yml:3:1 groups 'eu-west' and 'canary' set 'version' differently (canary: inventories/prod/group_vars/canary.yml:1) {web02} (set it for the tier or the host, or put one of these groups into the other: the inner one wins)",
    "inventories/prod/group_vars/eu-west.yml:2:9 groups 'eu-west' and 'canary' set 'shop.b' differently (canary: inventories/prod/group_vars/canary.yml:2) {web02} (set it for the tier or the host, or put one of these groups into the other: the inner one wins)",
  ]

  test('are an error that names both places and the hosts, leaf by leaf', async () => {
    expect((await problemsOf(() => load(project(files)), true)).toSorted()).toEqual(ERRORS.toSorted())
  })

  test('are none where one contains the other', async () => {
    const hosts = HOSTS.replace("hosts: ['web{01..02}']", "hosts: ['web{01..02}'], groups: [canary]")
    const { vars } = await host(project({ ...files, 'inventories/prod/hosts.yml': hosts }), 'web02')
    expect(vars).toMatchObject({ version: 2, shop: { a: 1, b: 1, c: 1, d: 2 } })
  })

  test.each([
    ['the tier', { 'inventories/prod/group_vars/web.yml': 'version: 3\nshop: { b: 3 }\n' }],
    ['the host', { 'inventories/prod/host_vars/web02.yml': 'version: 3\nshop: { b: 3 }\n' }],
  ])('are none where %s decides', async (_, above) => {
    const { vars } = await host(project({ ...files, ...above }), 'web02')
    expect(vars).toMatchObject({ version: 3, shop: { a: 1, b: 3, c: 1, d: 2 } })
  })

  test('are one where what decides says nothing of the leaf, or of a mapping only', async () => {
    const clash = {
      'inventories/prod/group_vars/canary.yml': 'x: 1',
      'inventories/prod/group_vars/eu.yml': 'x: { a: 1 }',
    }
    const above = { 'inventories/prod/host_vars/web02.yml': 'x: { b: 1 }' }
    expect(await problemsOf(() => load(project({ ...clash, ...above })))).toEqual([
      expect.stringContaining("groups 'canary' and 'eu' set 'x' differently"),
    ])
  })

  test('are told of connections too, unless the tier or the host says', async () => {
    const canary = (users: string) =>
      HOSTS.replace('  canary:\n', '  canary: { connection: { user: canary } }\n') + users
    expect(await problemsOf(() => load(project({ 'inventories/prod/hosts.yml': canary('') })))).toEqual([
      expect.stringContaining(
        "inventories/prod/hosts.yml:3:54 groups 'eu' and 'canary' set 'connection.user' differently (canary: inventories/prod/hosts.yml:6)",
      ),
    ])
    const decided = canary('').replace('  web:\n', '  web:\n    connection: { user: web }\n')
    expect((await host(project({ 'inventories/prod/hosts.yml': decided }), 'web02')).connection.user).toBe('web')
  })
})

test('everything wrong with groups is told at once, with the nearest name', async () => {
  const hosts = `
groups:
  eu: { hosts: [web1, wbe2, 'x*', lb], groups: [eu-wset, us] }
  eu-west: { groups: [eu] }
  us: { groups: [eu-west] }
  web: {}
  web1: {}
  all: {}
tiers:
  web:
    hosts:
      web1: { address: a, groups: [eu, cnary, lb] }
      web2: { address: b }
  lb: { hosts: {} }
`
  const files = { 'inventories/prod/hosts.yml': hosts, 'inventories/prod/group_vars/eu-wst.yml': 'a: 1' }
  const found = await problemsOf(() => load(project(files)))
  expect(found.map((line) => line.replace('inventories/prod/', ''))).toMatchInlineSnapshot(`
    [
      "hosts.yml:6:3 group 'web' has the name of a tier [groups.web] (hosts, tiers and groups are told apart by their names)",
      "hosts.yml:7:3 group 'web1' has the name of a host [groups.web1] (hosts, tiers and groups are told apart by their names)",
      "hosts.yml:8:3 group 'all' has the name of 'all', which stands for every host [groups.all] (hosts, tiers and groups are told apart by their names)",
      "hosts.yml:3:49 there is no group 'eu-wset', and no tier [groups.eu.groups.0] (did you mean 'eu-west'?)",
      "hosts.yml:5:9 groups are in one another in a circle: us → eu-west → eu → us [groups.us.groups] (leave out one of them)",
      "hosts.yml:12:40 host 'web1' is in group 'cnary', which 'groups' does not have [tiers.web.hosts.web1.groups.1] (known: all, eu, eu-west, us, web, web1)",
      "hosts.yml:12:47 'lb' is a tier: a host is in the one that it is written under [tiers.web.hosts.web1.groups.2]",
      "hosts.yml:3:23 there is no host 'wbe2' [groups.eu.hosts.1] (did you mean 'web2'?)",
      "hosts.yml:3:29 no host is called like 'x*' [groups.eu.hosts.2] (known: web1, web2)",
      "hosts.yml:3:35 there is no host 'lb' [groups.eu.hosts.3] ('lb' is a tier: write it under 'groups')",
      "group_vars/eu-wst.yml:1:1 there is no tier or group 'eu-wst' (did you mean 'eu-west'?)",
    ]
  `)
})
