import { describe, expect, it } from 'vitest'
import { createCompiler } from '../../src/catalog/compile.ts'
import { defineRole, type Role } from '../../src/catalog/role.ts'
import { contract } from '../../src/contracts/contract.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { isSecret, secret } from '../../src/masking/secret.ts'
import { file } from '../../src/resources/file.ts'
import { projectFolder, shown } from '../project-folder.ts'
import { FACTS } from '../roles/compiled.ts'

const cache = contract('cache', {
  port: { description: 'Where it listens.', type: 'integer' },
  password: { description: 'Of the cache.', is: 'secret', optional: true },
})

const HOSTS = {
  web: { web1: { address: '192.0.2.11' }, web2: { address: '192.0.2.12', vars: { cache_port: 7000 } } },
  db: { db1: { address: '192.0.2.51' } },
}

const caching = (more: Partial<Role> = {}): Role => ({
  ...defineRole({
    name: 'caching',
    description: 'Of a test.',
    vars: { cache_port: { type: 'integer', description: 'Port.', default: 6379 } },
    provides: ({ host, vars }) => [
      cache.of({ port: vars.cache_port, password: secret(`of ${host.name}`) }),
      [host.name === 'web2' && cache.of({ port: 1 }), undefined],
    ],
    resources: () => [],
  }),
  ...more,
})

const asking = (ask: (input: Parameters<Role['resources']>[0]) => string): Role =>
  defineRole({
    name: 'asking',
    description: 'Of a test.',
    vars: {},
    resources: (input) => [file({ path: '/asked', content: ask(input) })],
  })

async function compiledWith(roles: Readonly<Record<string, readonly Role[]>>, hosts: object = HOSTS) {
  const all = new Map(Object.values(roles).flatMap((some) => some.map((role) => [role.name, role])))
  const root = projectFolder({
    'inventories/site.yml': JSON.stringify({
      tiers: Object.entries(roles).map(([name, some]) => ({ name, roles: some.map((role) => role.name) })),
    }),
    'inventories/test/hosts.yml': JSON.stringify({
      tiers: Object.fromEntries(Object.entries(hosts).map(([tier, members]) => [tier, { hosts: members }])),
    }),
  })
  const { inventory } = await loadInventory({ root, name: 'test', knownRoles: [...all.keys()] })
  const templates = () => ({ file: 'none', text: '' })
  const compiler = createCompiler({ inventory, roles: all, templates })
  expect(compiler.problems()).toEqual([])
  return { compiler, hosts: inventory.hosts }
}

/** What the asking role was told on a host, and all problems. */
async function told(roles: Readonly<Record<string, readonly Role[]>>, name = 'db1') {
  const { compiler, hosts } = await compiledWith(roles)
  const made = hosts.map((host) => ({ host, ...compiler.compile(host, FACTS) }))
  const asked = made.find(({ host }) => host.name === name)?.resources.find(({ key }) => key === 'file:/asked')
  return { asked: asked?.desired, problems: shown(made.flatMap(({ problems }) => problems)) }
}

describe('what roles provide', () => {
  const listed = asking(({ provided }) =>
    provided(cache)
      .map(({ host, role, value }) => `${role} ${host.name} ${host.address}:${value.port} ${isSecret(value.password)}`)
      .join('\n'),
  )

  it('is told to whoever asks by the contract, with its host, in the order of the inventory, secrets as such', async () => {
    const { asked, problems } = await told({ web: [caching()], db: [listed] })
    expect(problems).toEqual([])
    expect(asked).toMatchObject({
      content: 'caching web1 192.0.2.11:6379 true\ncaching web2 192.0.2.12:7000 true\ncaching web2 192.0.2.12:1 false',
    })
  })

  it('may be asked of a tier or of a host; of one that is not there with the nearest name', async () => {
    const count = (by: { tier?: string; host?: string }) => asking(({ provided }) => String(provided(cache, by).length))
    const answers = async (by: { tier?: string; host?: string }) => {
      const { asked, problems } = await told({ web: [caching()], db: [count(by)] })
      return problems.length > 0 ? problems[0] : (asked as { content: string }).content
    }
    expect(await answers({ tier: 'web' })).toBe('3')
    expect(await answers({ tier: 'db' })).toBe('0')
    expect(await answers({ host: 'web2' })).toBe('2')
    expect(await answers({ host: 'web2', tier: 'db' })).toBe('0')
    expect(await answers({ tier: 'wbe' })).toContain("there is no tier 'wbe' (did you mean 'web'?)")
    expect(await answers({ host: 'web3' })).toContain("there is no host 'web3'")
  })

  it('is checked at the border: by its own contract, and by that of who asks', async () => {
    const other = contract('cache', { ports: { description: 'Other.', type: 'array', items: { type: 'integer' } } })
    const wanting = asking(({ provided }) => String(provided(other).length))
    const { problems } = await told({ web: [caching()], db: [wanting] })
    expect(problems).toEqual([
      "role 'asking': role 'caching' provides something else under the name of the contract 'cache': it needs ports; unknown field 'port'; unknown field 'password' (a contract is made in one file, which the roles on both ends import)",
    ])
    const bare: Role = { ...caching(), provides: () => [Object.assign({}, { port: 1 })] as never }
    const wrong =
      "role 'caching': element 1 of what provides() returns was not made by a contract (e.g. scrape.of({ … }))"
    expect((await told({ web: [bare], db: [listed] })).problems).toEqual([wrong, wrong])
  })

  it('is asked of each host once, however many ask: nothing grows with hosts times hosts', async () => {
    let calls = 0
    const counting = caching({
      provides: () => {
        calls += 1
        return [cache.of({ port: 1 })]
      },
    })
    const hosts = {
      web: Object.fromEntries(
        Array.from({ length: 500 }, (_, i) => [`h${i}`, { address: `10.0.${i >> 8}.${i & 255}` }]),
      ),
    }
    const own = asking(({ provided, host }) => String(provided(cache, { host: host.name }).length))
    const { compiler, hosts: all } = await compiledWith({ web: [counting, own] }, hosts)
    for (const host of all) {
      const { resources } = compiler.compile(host, FACTS)
      expect(resources[0]?.desired).toMatchObject({ content: '1' })
    }
    expect(calls).toBe(500)
  })
})
