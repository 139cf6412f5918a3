import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Host } from '../../../src/inventory/inventory.ts'
import { loadInventory } from '../../../src/inventory/load.ts'
import { problemsOf, projectFolder } from '../../project-folder.ts'

const SITE = 'tiers: [{ name: web, roles: [base] }, { name: db, roles: [base] }]'
const OURS = {
  connection: { user: 'deploy' },
  groups: { eu: { hosts: ['eu*'] } },
  tiers: { web: { hosts: { eu1: { address: '192.0.2.1', vars: { app_port: 8080, deep: { list: [1] } } } } } },
}

function project(files: Readonly<Record<string, string>>, mode = 0o755): string {
  const root = projectFolder({ 'inventories/site.yml': SITE, ...files })
  for (const file of Object.keys(files)) if (file.endsWith('/hosts')) chmodSync(join(root, file), mode)
  return root
}
const said: string[] = []
const load = async (root: string, limits = { timeout: 20_000, size: 1_000_000 }) =>
  (
    await loadInventory({
      root,
      name: 'prod',
      knownRoles: ['base'],
      home: '/home/me',
      source: { limits, say: (text) => said.push(text) },
    })
  ).inventory
const program = (lines: string, mode?: number) => project({ 'inventories/prod/hosts': lines }, mode)
const placeOf = ({ origins }: Host, pointer: string) => origins.get(pointer)?.file

describe('an executable', () => {
  test('prints our own shape; each value says that it comes from it', async () => {
    const root = program(`#!/bin/sh\n[ "$*" = --list ] || exit 9\npwd >&2\necho '${JSON.stringify(OURS)}'\n`)
    said.length = 0
    const { hosts, groups } = await load(root)
    expect(hosts).toMatchObject([
      { name: 'eu1', tier: 'web', groups: ['eu'], vars: { app_port: 8080 }, connection: { user: 'deploy' } },
    ])
    expect(hosts.map((host) => ['/app_port', '/deep/list/0'].map((at) => placeOf(host, at)))).toEqual([
      ['inventories/prod/hosts (executable): eu1.app_port', 'inventories/prod/hosts (executable): eu1.deep.list.0'],
    ])
    expect(hosts[0]?.origin).toEqual({ file: 'inventories/prod/hosts (executable): eu1', line: 0, col: 0 })
    expect(groups[0]?.origin.file).toBe('inventories/prod/hosts (executable): groups.eu')
    // It works in its own folder, and what it says on the side is passed on.
    expect(said.join('')).toBe(`${join(root, 'inventories/prod')}\n`)
  })

  test('is checked as a file is, with the place of each slip', async () => {
    const wrong = { tiers: { wbe: { hosts: { a: { addres: 'a' } } } } }
    expect(await problemsOf(() => load(program(`#!/bin/sh\necho '${JSON.stringify(wrong)}'\n`)))).toEqual([
      "inventories/prod/hosts (executable): a:0:0 a lacks 'address' [tiers.wbe.hosts.a]",
      "inventories/prod/hosts (executable): a.addres:0:0 unknown key 'addres' [tiers.wbe.hosts.a.addres] (did you mean 'address'?)",
      "inventories/prod/hosts (executable): tiers.wbe:0:0 tier 'wbe' is not in site.yml [tiers.wbe] (did you mean 'web'?)",
    ])
  })

  test.each([
    ['fails', '#!/bin/sh\necho no token >&2\nexit 3\n', 'exit status 3 (no token)'],
    ['is killed', '#!/bin/sh\nkill -9 $$\n', 'it was ended by SIGKILL (it said nothing on standard error)'],
    ['prints nothing', '#!/bin/sh\necho hm >&2\n', 'it printed nothing (hm)'],
    ['prints something else', '#!/bin/sh\necho "[web]"\n', 'is not JSON'],
    ['prints too much', '#!/bin/sh\nyes\n', 'it printed more than'],
    ['hangs', '#!/bin/sh\necho waiting >&2\nsleep 60 & sleep 60\n', 'it was not done after 2 s (waiting)'],
    ['has no interpreter', '#!/no/such/program\n', 'the program of its first line (#!) is not there'],
  ])('that %s is told', async (_, text, message) => {
    const began = Date.now()
    expect(await problemsOf(() => load(program(text), { timeout: 2000, size: 100_000 }))).toEqual([
      expect.stringContaining(message),
    ])
    expect(Date.now() - began).toBeLessThan(20_000)
  })

  test('that is none is told, with what an INI file of Ansible is for', async () => {
    expect(await problemsOf(() => load(program('[web]\neu1\n', 0o644)))).toEqual([
      'inventories/prod/hosts:0:0 it can not be executed (a program that prints hosts: chmod +x inventories/prod/hosts; an inventory of Ansible: provision import ansible inventories/prod/hosts)',
    ])
  })
})

describe('hosts.ts and hosts.js', () => {
  test.each([
    [
      'hosts.ts',
      `import { isIn } from 'provision'\nconst made: { n: number } = { n: 1 }\nexport default () => (isIn({ tier: 'a', groups: [] }, 'a'), { tiers: { web: { hosts: { ['eu' + made.n]: { address: 'a', vars: { x: 1, y: undefined } } } } } })`,
    ],
    [
      'hosts.ts',
      `export default async ({ tiers, dir, root }: { tiers: string[]; dir: string; root: string }) => ({ tiers: { [tiers[0]]: { hosts: { eu1: { address: 'a', vars: { x: dir.replace(root, '') } } } } } })`,
    ],
    [
      'hosts.js',
      `export default () => Promise.resolve({ web: { hosts: ['eu1'] }, _meta: { hostvars: { eu1: { x: 1 } } } })`,
    ],
  ])('%s gives what its function returns', async (name, text) => {
    const { hosts } = await load(project({ [`inventories/prod/${name}`]: text }))
    expect(hosts.map((host) => [host.name, host.tier, placeOf(host, '/x')])).toEqual([
      ['eu1', 'web', `inventories/prod/${name}: eu1.x`],
    ])
    expect(hosts[0]?.vars).toEqual({ x: expect.toBeOneOf([1, '/inventories/prod']) })
  })

  test.each([
    [
      'throws',
      `export default () => {\n  throw new Error('no state')\n}`,
      'inventories/prod/hosts.ts:2:1 it failed: no state',
    ],
    [
      'rejects',
      `export default async () => {\n  await null\n  throw new Error('no net')\n}`,
      'inventories/prod/hosts.ts:3:1 it failed: no net',
    ],
    [
      'returns nothing',
      'export default () => {}',
      'inventories/prod/hosts.ts:0:0 its function returned nothing (return { tiers: { … } })',
    ],
    ['is no function', 'export default {}', 'it exports no function by default'],
    ['is never done', 'export default () => new Promise(() => setTimeout(() => {}, 0))', 'it was not done after 1 s'],
    ['is too much', `export default () => ({ tiers: 'x'.repeat(200_000) })`, 'its function returned more than'],
    ['is a circle', `export default () => { const a = {}; a.a = a; return a }`, 'circular'],
    [
      'names what is not there',
      `import { nope } from 'provision'\nexport default () => nope()`,
      "'provision' exports no 'nope'",
    ],
    ['is no TypeScript', 'export default (', 'it failed:'],
  ])('that %s is told', async (_, text, message) => {
    const root = project({ 'inventories/prod/hosts.ts': text })
    expect(await problemsOf(() => load(root, { timeout: 1000, size: 100_000 }))).toEqual([
      expect.stringContaining(message),
    ])
  })
})

test('two sources are an error that names both', async () => {
  const root = project({ 'inventories/prod/hosts.yml': 'tiers: {}', 'inventories/prod/hosts': '#!/bin/sh\necho {}\n' })
  expect(await problemsOf(() => load(root))).toEqual([
    'inventories/prod/hosts.yml:0:0 hosts come from one of them, and there are inventories/prod/hosts.yml and inventories/prod/hosts (take one away, or rename it)',
  ])
})
