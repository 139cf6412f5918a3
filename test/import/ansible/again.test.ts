import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lookBefore, type PlannedImport, writeImport } from '../../../src/import/ansible/import.ts'
import { changesBetween, decide, equal } from '../../../src/import/ansible/project/changes.ts'
import { changedDocument, newDocument, plainData } from '../../../src/import/ansible/project/document.ts'
import { parseYaml } from '../../../src/inventory/yaml.ts'
import { prepare } from '../../../src/run/prepare.ts'
import { problemsOf } from '../../project-folder.ts'
import { ansibleFolder, planned } from './fixture.ts'

const HOSTS = `[web]
w1 ansible_host=192.0.2.1 ansible_user=deploy
w2 ansible_host=192.0.2.2 ansible_user=deploy
[db]
d1 ansible_host=192.0.2.9 ansible_user=deploy
[prod:children]
web
db
`

async function imported(files: Readonly<Record<string, string>> = {}) {
  const { root, ansible } = ansibleFolder({ hosts: HOSTS, 'group_vars/web': 'timezone: Etc/UTC\n', ...files })
  const path = `${ansible}/hosts`
  const go = (tiers: readonly string[] = []) => planned({ root, path, tiers })
  await writeImport(await go(['app=web', 'data=db']))
  const file = (name: string) => join(root, 'inventories/live', name)
  const edit = (name: string, change: (text: string) => string) =>
    writeFileSync(file(name), change(readFileSync(file(name), 'utf8')))
  const ansibleEdit = (change: (text: string) => string) => writeFileSync(path, change(readFileSync(path, 'utf8')))
  return { root, ansible, go, file, edit, ansibleEdit, read: (name: string) => readFileSync(file(name), 'utf8') }
}

const paths = (plan: PlannedImport, of: 'apply' | 'kept') =>
  plan.updates.flatMap((update) => update[of].map(({ path }) => `${update.file} ${path.join('.')}`))

describe('a first import', () => {
  test('is an inventory that compiles, with a site of its own', async () => {
    const { root, read } = await imported()
    const prepared = await prepare({ root, inventory: 'live', limit: ['prod'], tags: [], vars: [] })
    expect(prepared.hosts.map(({ name, tier, connection }) => `${tier} ${name} ${connection.user}`)).toEqual([
      'app w1 deploy',
      'app w2 deploy',
      'data d1 deploy',
    ])
    expect(readdirSync(join(root, 'inventories'))).toEqual(['live', 'site.yml'])
    expect(read('hosts.yml')).toContain('w1: { address: 192.0.2.1 }')
    expect(read('hosts.yml')).toMatch(/^# Imported from \.\.\/ansible\/hosts\. /)
  })

  test('does not touch an inventory that a person wrote', async () => {
    const { root } = await imported()
    rmSync(join(root, 'inventories/live/imported.json'))
    expect(await problemsOf(() => lookBefore({ root, name: 'live' }))).toEqual([
      expect.stringMatching(
        /inventories\/live is there, and no import made it \(give the import a name of its own: -i NAME\)$/,
      ),
    ])
  })

  test('wants the tiers that the site has', async () => {
    const { root, ansible } = await imported()
    const problems = await problemsOf(() => planned({ root, path: `${ansible}/hosts`, tiers: ['ap=web'] }))
    expect(problems[0]).toMatch(
      /^--tier: there is no tier 'ap' in inventories\/site.yml \(did you mean 'app'\?; or add it there: /,
    )
  })
})

describe('another import', () => {
  test('of the same changes nothing', async () => {
    const { go } = await imported()
    expect((await go()).updates).toEqual([])
  })

  test('brings what was added, takes what is gone, and keeps comments and what a person added', async () => {
    const { go, edit, ansibleEdit, read, root } = await imported()
    edit('hosts.yml', (text) => text.replace('      w1:', '      # the old one\n      w1:'))
    edit('group_vars/web.yml', (text) => `${text}base_packages: [vim] # mine\n`)
    ansibleEdit((text) => text.replace('w2 ', 'w3 ').replace('192.0.2.1 ', '192.0.2.1 ansible_port=2222 '))
    const plan = await go()
    expect(paths(plan, 'apply')).toEqual([
      'hosts.yml tiers.app.hosts.w1.connection',
      'hosts.yml tiers.app.hosts.w2',
      'hosts.yml tiers.app.hosts.w3',
      'hosts.yml groups.web.hosts',
    ])
    await writeImport(plan)
    expect(read('hosts.yml')).toContain('# the old one')
    expect(read('group_vars/web.yml')).toContain('base_packages: [vim] # mine')
    const { hosts } = await prepare({ root, inventory: 'live', limit: [], tags: [], vars: [] })
    expect(hosts.map(({ name, connection }) => `${name} ${connection.port}`)).toEqual(['w1 2222', 'w3 22', 'd1 22'])
    expect((await go()).updates).toEqual([])
  })

  test('leaves what a person changed, and says so', async () => {
    const { go, edit, ansibleEdit, read } = await imported()
    edit('hosts.yml', (text) => text.replace('192.0.2.1', '192.0.2.101'))
    edit('group_vars/web.yml', (text) => text.replace('Etc/UTC', 'Asia/Tokyo'))
    ansibleEdit((text) => text.replace('192.0.2.1 ', '192.0.2.201 ').replace('192.0.2.2 ', '192.0.2.202 '))
    const plan = await go()
    expect(paths(plan, 'kept')).toEqual(['hosts.yml tiers.app.hosts.w1.address'])
    expect(paths(plan, 'apply')).toEqual(['hosts.yml tiers.app.hosts.w2.address'])
    await writeImport(plan)
    expect(read('hosts.yml')).toContain('192.0.2.101')
    expect(read('group_vars/web.yml')).toContain('Asia/Tokyo')
  })

  test('takes a file away when nothing is left in it', async () => {
    const { go, ansible, root } = await imported()
    rmSync(join(ansible, 'group_vars/web'))
    await writeImport(await go())
    expect(readdirSync(join(root, 'inventories/live/group_vars'))).toEqual([])
  })

  test('that was cut off goes on: what is there already is no change of a person', async () => {
    const { go, ansibleEdit, edit } = await imported()
    ansibleEdit((text) => text.replace('192.0.2.1 ', '192.0.2.201 ').replace('192.0.2.2 ', '192.0.2.202 '))
    edit('hosts.yml', (text) => text.replace('192.0.2.1 ', '192.0.2.201 '))
    const plan = await go()
    expect(paths(plan, 'kept')).toEqual([])
    expect(paths(plan, 'apply')).toEqual(['hosts.yml tiers.app.hosts.w2.address'])
  })

  test('does not write into a file that is broken', async () => {
    const { go, edit, ansibleEdit } = await imported()
    edit('hosts.yml', (text) => `${text}\n  {`)
    ansibleEdit((text) => text.replace('192.0.2.1 ', '192.0.2.201 '))
    expect((await problemsOf(go))[0]).toMatch(/^hosts.yml:1:1 not valid YAML/)
  })

  test('whatever changed, ends at what the import says where nobody else changed anything', () => {
    const leaf = fc.oneof(fc.nat(3), fc.constantFrom('a', 'b'), fc.array(fc.nat(2), { maxLength: 2 }))
    const tree = fc.dictionary(
      fc.constantFrom('x', 'y', 'z'),
      fc.oneof(leaf, fc.dictionary(fc.constantFrom('p', 'q'), leaf, { maxKeys: 2 })),
      { maxKeys: 3 },
    )
    fc.assert(
      fc.property(tree, tree, (before, after) => {
        const { apply, kept } = decide(changesBetween(before, after), before)
        expect(kept).toEqual([])
        const text = changedDocument(newDocument(before, 'mine'), apply)
        const data = text === undefined ? {} : plainData(parseYaml(text, 'f').value)
        // Keys of no content may stay behind as empty mappings.
        expect(equal(pruned(data), pruned(after))).toBe(true)
      }),
    )
  })
})

const pruned = (data: unknown): unknown => {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return data
  const entries = Object.entries(data).flatMap(([key, one]: [string, unknown]) => {
    const inside = pruned(one)
    const isEmpty = typeof inside === 'object' && inside !== null && Object.keys(inside).length === 0
    return isEmpty && !Array.isArray(inside) ? [] : [[key, inside] as const]
  })
  return Object.fromEntries(entries)
}
