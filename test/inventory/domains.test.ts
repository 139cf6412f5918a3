import { expect, test } from 'vitest'
import { domainOf } from '../../src/inventory/domains.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { problemsOf, projectFolder } from '../project-folder.ts'

const load = (domain: string, hosts: string) =>
  loadInventory({
    root: projectFolder({
      'inventories/site.yml': `tiers: [{ name: web, roles: [], rollout: { failure_domain: ${domain} } }, { name: db, roles: [] }]`,
      'inventories/prod/hosts.yml': `tiers: { web: { hosts: ${hosts} }, db: { hosts: { db1: { address: d } } } }`,
    }),
    name: 'prod',
    knownRoles: [],
  })

test.each([
  ['a var', 'rack', '{ a: { address: a, vars: { rack: 7 } }, b: { address: b, vars: { rack: x } } }', ['7', 'x']],
  ['groups', '[eu, us]', '{ a: { address: a, groups: [us] }, b: { address: b, groups: [eu, canary] } }', ['us', 'eu']],
  [
    'globs',
    "['rack-*']",
    '{ a: { address: a, groups: [rack-1] }, b: { address: b, groups: [rack-12] } }',
    ['rack-1', 'rack-12'],
  ],
])('a failure domain of %s', async (_, domain, hosts, expected) => {
  const { inventory } = await load(domain, hosts)
  const found = inventory.hosts.flatMap((host) => {
    const of = inventory.tiers.find(({ name }) => name === host.tier)?.rollout.failureDomain
    return of === undefined ? [] : [domainOf(host, of)]
  })
  expect(found).toEqual(expected)
})

test('a host that is in none of them, or in two, is told', async () => {
  const hosts = '{ a: { address: a }, b: { address: b, groups: [eu, us] }, c: { address: c, groups: [eu] } }'
  expect(await problemsOf(() => load('[eu, us]', hosts))).toEqual([
    "inventories/prod/hosts.yml:1:26 host 'a' is in no group of [eu, us], the failure_domain of tier 'web' [tiers.web.hosts.a.groups] (put it into one: groups: [eu])",
    "inventories/prod/hosts.yml:1:45 host 'b' is in 'eu' and 'us', and a host is in one failure_domain of tier 'web' [tiers.web.hosts.b.groups] (leave it in one of these groups)",
  ])
})
