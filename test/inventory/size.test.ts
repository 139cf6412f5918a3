import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { allVars } from '../../src/inventory/all-vars.ts'
import { buildHosts } from '../../src/inventory/build.ts'
import { addressProblems, hostsProblems } from '../../src/inventory/consistency.ts'
import { membershipOf } from '../../src/inventory/groups.ts'
import type { Origins } from '../../src/inventory/inventory.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { readPlainYaml } from '../../src/inventory/plain-yaml.ts'
import type { HostsFile } from '../../src/inventory/schemas/hosts.ts'
import { NO_VARS } from '../../src/inventory/vars.ts'
import { parseYaml } from '../../src/inventory/yaml.ts'
import { watched } from '../garbage.ts'
import { projectFolder } from '../project-folder.ts'

const TIERS = ['web', 'db']

const hostsFile = (count: number): HostsFile => ({
  groups: {
    eu: { hosts: ['h*'] },
    us: { groups: ['eu'] },
    ...Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`g${i}`, {}])),
  },
  tiers: Object.fromEntries(
    TIERS.map((tier, t) => [
      tier,
      {
        hosts: Object.fromEntries(
          Array.from({ length: count / 2 }, (_, i) => [
            `h${t}x${i}`,
            { address: `a${t}x${i}`, groups: [`g${i % 10}`], vars: { x: i, deep: { list: [1, 2] } } },
          ]),
        ),
      },
    ]),
  ),
})

/** What is read of the data and of the places while all of it is worked out, for so many hosts. */
function reads(count: number): { data: number; places: number } {
  const counted = { data: 0, places: 0 }
  const watched = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(inner, key) {
        counted.data += 1
        const value: unknown = Reflect.get(inner, key)
        return typeof value === 'object' && value !== null ? watched(value) : value
      },
    })
  const origins: Origins = {
    get: () => {
      counted.places += 1
      return { file: 'hosts.yml', line: 1, col: 1 }
    },
  }
  const hosts = { data: watched(hostsFile(count)), origins }
  const site = { data: { tiers: TIERS.map((name) => ({ name, roles: [] })) }, origins }
  const membership = membershipOf(hosts, TIERS)
  const { hosts: built } = buildHosts({
    ...{ site, hosts, membership, given: NO_VARS, logins: new Map() },
    ...{ groupVars: new Map(), hostVars: new Map() },
  })
  const file = { file: 'hosts.yml', ...parseYaml(JSON.stringify(hostsFile(count)), 'hosts.yml') }
  hostsProblems(hosts, file, TIERS)
  addressProblems(built)
  return counted
}

describe('an inventory of many hosts', () => {
  test('is read once for each of them: twice as many are twice the work', () => {
    const [some, many] = [reads(200), reads(400)]
    expect(some.data).toBeGreaterThan(200)
    expect(many.data / some.data).toBeLessThan(2.1)
    expect(many.places / some.places).toBeLessThan(2.1)
    expect(many.data / 400).toBeLessThan(120)
  })

  test('shares what hosts have in common: levels, and places down to the object', async () => {
    const root = projectFolder({
      'inventories/site.yml': 'tiers: [{ name: web, roles: [] }]',
      'inventories/prod/hosts.yml':
        'tiers: { web: { hosts: { a: { address: a, vars: { x: 1 } }, b: { address: b } } } }',
      'inventories/prod/group_vars/all.yml': 'y: 1\nx: 0\n',
    })
    const { inventory } = await loadInventory({ root, name: 'prod', knownRoles: [] })
    const [a, b] = inventory.hosts
    expect(a?.levels[0]).toBe(b?.levels[0])
    expect(a?.origins.get('/y')).toBe(b?.origins.get('/y'))
    expect([a?.origins.get('/x')?.file, b?.origins.get('/x')?.file]).toEqual([
      'inventories/prod/hosts.yml',
      'inventories/prod/group_vars/all.yml',
    ])
  })

  test('has its file read by the reader of plain YAML, also where a program wrote it', () => {
    for (const text of [
      stringify(hostsFile(100)),
      JSON.stringify(hostsFile(100)),
      JSON.stringify(hostsFile(100), null, 2),
    ]) {
      expect(readPlainYaml(text)?.value).toEqual(hostsFile(100))
    }
  })

  test('has the vars of a host merged when they are asked for, and once', async () => {
    const root = projectFolder({
      'inventories/site.yml': 'tiers: [{ name: web, roles: [] }]',
      'inventories/prod/hosts.yml': 'tiers: { web: { hosts: { a: { address: a, vars: { x: 1 } } } } }',
      'inventories/prod/group_vars/all.yml': 'y: 1\n',
    })
    const { inventory } = await loadInventory({ root, name: 'prod', knownRoles: [] })
    const [host] = inventory.hosts
    expect(host?.vars).toEqual({ x: 1, y: 1 })
    expect(host?.vars).toBe(host?.vars)
    expect(host?.origins).toBe(host?.origins)
  })

  test('holds the merged vars of few hosts at a time, and merges those of the others anew', async () => {
    const names = Array.from({ length: 400 }, (_, i) => `h${i}`)
    const root = projectFolder({
      'inventories/site.yml': 'tiers: [{ name: web, roles: [] }]',
      'inventories/prod/hosts.yml': [
        'tiers:',
        '  web:',
        '    hosts:',
        ...names.map((name, i) => `      ${name}: { address: ${name}, vars: { own: ${i} } }`),
        '      plain: { address: plain }',
      ].join('\n'),
      'inventories/prod/group_vars/all.yml': names.map((name) => `${name}: { a: 1 }`).join('\n'),
    })
    const { inventory } = await loadInventory({ root, name: 'prod', knownRoles: [] })
    const merged = watched()
    for (const host of inventory.hosts.slice(0, -1)) merged.add(host.vars)
    expect(await merged.held()).toBeLessThanOrEqual(50)
    // Nothing of what is asked for later is another.
    for (const [i, host] of inventory.hosts.slice(0, -1).entries()) {
      expect(host.vars).toMatchObject({ own: i, h7: { a: 1 } })
      expect([host.origins.get('/own')?.line, host.origins.get('/h7')?.file]).toEqual([
        4 + i,
        'inventories/prod/group_vars/all.yml',
      ])
    }
    const plain = inventory.hosts.at(-1)
    expect(Object.keys(plain?.vars ?? {})).toEqual(names)
    expect(plain?.vars).toBe(plain?.levels[0]?.vars)
  })

  test('says once what it sets, however many hosts have it: all that merged vars are made of', async () => {
    const root = projectFolder({
      'inventories/site.yml': 'tiers: [{ name: web, roles: [], vars: { a: site } }]',
      'inventories/prod/hosts.yml':
        'tiers: { web: { hosts: { h1: { address: h1, vars: { a: own } }, h2: { address: h2 }, h3: { address: h3 } } } }',
      'inventories/prod/group_vars/all.yml': 'a: all\n',
    })
    const { inventory } = await loadInventory({ root, name: 'prod', vars: ['a=given'], knownRoles: [] })
    expect([...allVars(inventory.hosts)].map(({ a }) => a).toSorted()).toEqual(['all', 'given', 'own', 'site'])
    expect([...allVars([{ vars: { a: 1 }, levels: [] }])]).toEqual([{ a: 1 }])
  })

  test('is no bomb of aliases, however long it is', () => {
    const { problems, value } = parseYaml(`a: [${'0,'.repeat(100_001)}]`, 'hosts.yml')
    expect(problems).toEqual([])
    expect(value).toMatchObject({ a: { length: 100_001 } })
  })

  test('has each of its keys compared with none: a double among thousands is found by its name', () => {
    const { problems } = parseYaml(
      [...Array.from({ length: 3000 }, (_, i) => `h${i}: 1`), 'h7: 2'].join('\n'),
      'hosts.yml',
    )
    expect(problems).toEqual([
      { message: 'this key is there twice in one mapping', origin: { file: 'hosts.yml', line: 3001, col: 1 } },
    ])
  })
})
