import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/errors.ts'
import { elementsOf } from '../../src/inventory/elements.ts'
import type { Inventory } from '../../src/inventory/inventory.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { selectHosts, selectRoles, selectTiers } from '../../src/inventory/select.ts'
import { problemsOf, projectFolder } from '../project-folder.ts'

const inventory = async (): Promise<Inventory> => {
  const root = projectFolder({
    'inventories/site.yml': 'tiers: [{ name: lb, roles: [base, haproxy] }, { name: web, roles: [base, nginx] }]',
    'inventories/prod/hosts.yml': `
groups:
  eu: { hosts: [web1, lb1] }
  canary: { hosts: [web1, 'web{10..12}'] }
  empty: {}
tiers:
  web: { hosts: { web10: { address: f }, web1: { address: a }, web2: { address: b }, web3: { address: c } } }
  lb: { hosts: { lb1: { address: d }, lb2.example.org: { address: e } } }
`,
  })
  return (await loadInventory({ root, name: 'prod', knownRoles: ['base', 'nginx', 'haproxy'] })).inventory
}
const names = async (...limits: string[]) => selectHosts(await inventory(), limits).map((host) => host.name)

describe('a list on the command line', () => {
  test.each([
    ['nginx,haproxy', ['nginx', 'haproxy']],
    ['{nginx,haproxy}', ['{nginx,haproxy}']],
    [' web*, !web{1,2} ,', ['web*', '!web{1,2}']],
  ])('%s', (text, elements) => {
    expect(elementsOf(text)).toEqual(elements)
  })
})

describe('--limit', () => {
  test.each([
    [[], ['lb1', 'lb2.example.org', 'web10', 'web1', 'web2', 'web3']],
    [['all'], ['lb1', 'lb2.example.org', 'web10', 'web1', 'web2', 'web3']],
    [['web'], ['web10', 'web1', 'web2', 'web3']],
    [['web2,lb1'], ['lb1', 'web2']],
    [
      ['web2', 'lb1'],
      ['lb1', 'web2'],
    ],
    [['*.example.org'], ['lb2.example.org']],
    [['web{1,3}'], ['web1', 'web3']],
    [['web[1-2], !web1'], ['web2']],
    [['!web'], ['lb1', 'lb2.example.org']],
    [['l*,!lb1'], ['lb2.example.org']],
    [['eu'], ['lb1', 'web1']],
    [['eu,web2'], ['lb1', 'web1', 'web2']],
    [['{eu,canary}'], ['lb1', 'web10', 'web1']],
    [['web,&eu'], ['web1']],
    [['&eu,&web'], ['web1']],
    [['web', '&eu,!canary'], undefined],
    [['web,lb,&eu,!canary'], ['lb1']],
    [['all,!eu'], ['lb2.example.org', 'web10', 'web2', 'web3']],
    [['web{2..10}'], ['web10', 'web2', 'web3']],
    [['web[2:3]'], ['web2', 'web3']],
    [['web{01..09}'], undefined],
    [['empty'], undefined],
    [['web,!empty'], ['web10', 'web1', 'web2', 'web3']],
  ] as const)('%j', async (limits, expected) => {
    if (expected === undefined) await expect(names(...limits)).rejects.toThrow(InputError)
    else expect(await names(...limits)).toEqual(expected)
  })

  test('refuses what matches nothing, all of it at once', async () => {
    const found = await inventory()
    expect(await problemsOf(() => selectHosts(found, ['wbe1,lb1,!nope*']))).toEqual([
      "--limit: nothing is named 'wbe1' (did you mean 'web1'?)",
      "--limit: nothing is named 'nope*' (known: canary, empty, eu, lb, lb1, lb2.example.org, web, web1, web10, web2, web3)",
    ])
    expect(await problemsOf(() => selectHosts(found, ['web1,!web']))).toEqual(['--limit web1,!web leaves no host'])
    expect(await problemsOf(() => selectHosts(found, ['web,&empty']))).toEqual([
      "--limit web,&empty leaves no host (no host is in 'empty')",
    ])
    expect(await problemsOf(() => selectHosts(found, ['web:&eu']))).toEqual([
      "--limit: nothing is named 'web:&eu' (elements are separated by commas: web,&eu)",
    ])
  })
})

describe('--tags', () => {
  test('names roles', async () => {
    const found = await inventory()
    expect(selectRoles(found, [])).toBeUndefined()
    expect(selectRoles(found, ['nginx,base'])).toEqual(new Set(['nginx', 'base']))
    expect(selectRoles(found, ['h*'])).toEqual(new Set(['haproxy']))
    expect(selectRoles(found, ['nginx,base'], ['base'])).toEqual(new Set(['nginx']))
    expect(selectRoles(found, [], ['base'])).not.toContain('base')
    expect(selectRoles(found, [], ['base'])).toContain('nginx')
    expect(await problemsOf(() => selectRoles(found, ['base'], ['b*']))).toEqual(['--skip-tags b* leaves no role'])
    expect(await problemsOf(() => selectRoles(found, [], ['ngnix']))).toEqual([
      "--skip-tags: nothing is named 'ngnix' (did you mean 'nginx'?)",
    ])
    expect(await problemsOf(() => selectRoles(found, ['ngnix']))).toEqual([
      "--tags: nothing is named 'ngnix' (did you mean 'nginx'?)",
    ])
  })
})

describe('--tier', () => {
  test('leaves the hosts of these tiers, of those that --limit leaves', async () => {
    const found = await inventory()
    const left = (tiers: string[], ...limits: string[]) =>
      selectTiers(found, selectHosts(found, limits), tiers).map(({ name }) => name)
    expect(left(['web'])).toEqual(['web10', 'web1', 'web2', 'web3'])
    expect(left(['web'], '!web2')).toEqual(['web10', 'web1', 'web3'])
    expect(left([], 'lb1')).toEqual(['lb1'])
  })

  test('refuses tiers that are not there, and nothing left', async () => {
    const found = await inventory()
    expect(await problemsOf(() => selectTiers(found, found.hosts, ['wbe']))).toEqual([
      expect.stringContaining("--tier: there is no tier 'wbe' (did you mean 'web'?)"),
    ])
    expect(await problemsOf(() => selectTiers(found, selectHosts(found, ['lb1']), ['web']))).toHaveLength(1)
  })
})
