import { chmodSync, cpSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { projectDigests } from '../../src/digests/project-digests.ts'
import { projectFolder } from '../project-folder.ts'

const FILES = {
  'package.json': '{}',
  'lib/ports.ts': 'export const PORT = 80',
  'roles/web/index.ts': "import '../../lib/ports.ts'",
  'roles/web/files/logo.bin': 'logo',
  'templates/web/site.ejs': 'listen 80',
  'inventories/site.yml': 'tiers: []',
  'inventories/prod/hosts.yml': 'tiers: {}',
  'inventories/prod/group_vars/web.sops.yml': 'sealed',
  'inventories/lab/hosts.yml': 'tiers: {}',
}

const digests = (root: string, inventory = 'prod', version = '1.0.0') =>
  projectDigests({ root, inventory: join(root, 'inventories', inventory), version })

const write = (root: string, file: string, text: string) => {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), text)
}

it('two checkouts of the same have the same digests, whenever and by whomever they were made', async () => {
  const root = projectFolder(FILES)
  const copy = join(projectFolder({}), 'elsewhere')
  cpSync(root, copy, { recursive: true })
  utimesSync(join(copy, 'roles/web/index.ts'), 1, 1)
  expect(await digests(copy)).toEqual(await digests(root))
})

it.each([
  ['a module that roles import', 'lib/ports.ts', 'code'],
  ['a role', 'roles/web/index.ts', 'code'],
  ['a file that a role sends', 'roles/web/files/logo.bin', 'code'],
  ['a template', 'templates/web/site.ejs', 'code'],
  ['a new role', 'roles/db/index.ts', 'code'],
  ['a dependency', 'package-lock.json', 'code'],
  ['the tiers', 'inventories/site.yml', 'inventory'],
  ['a host', 'inventories/prod/hosts.yml', 'inventory'],
  ['an encrypted var', 'inventories/prod/group_vars/web.sops.yml', 'inventory'],
  ['a var of a host', 'inventories/prod/host_vars/web1.yml', 'inventory'],
  ['another inventory', 'inventories/lab/hosts.yml', 'none'],
  ['a known key', 'inventories/prod/known_hosts', 'none'],
  ['what git keeps', '.git/index', 'none'],
  ['what npm installed', 'node_modules/left-pad/index.js', 'none'],
  ['a note', 'NOTES.md', 'none'],
])('%s counts for what it is', async (_, file, part) => {
  const root = projectFolder(FILES)
  const before = await digests(root)
  write(root, file, 'changed')
  const after = await digests(root)
  expect({ code: after.code !== before.code, inventory: after.inventory !== before.inventory }).toEqual({
    code: part === 'code',
    inventory: part === 'inventory',
  })
})

it('a name, the bit that makes a program of a file, and the version of provision count', async () => {
  const root = projectFolder(FILES)
  const before = await digests(root)
  expect((await digests(root, 'prod', '1.0.1')).code).not.toBe(before.code)
  chmodSync(join(root, 'inventories/prod/hosts.yml'), 0o755)
  expect((await digests(root)).inventory).not.toBe(before.inventory)
  renameSync(join(root, 'templates/web/site.ejs'), join(root, 'templates/web/other.ejs'))
  expect((await digests(root)).code).not.toBe(before.code)
})

it("an inventory's own site.yml is what counts; links are followed to files and are what they say to folders", async () => {
  const root = projectFolder(FILES)
  write(root, 'inventories/prod/site.yml', 'tiers: []')
  const own = await digests(root)
  write(root, 'inventories/site.yml', 'changed')
  expect(await digests(root)).toEqual(own)
  symlinkSync('..', join(root, 'roles/web/up'))
  symlinkSync('nowhere', join(root, 'roles/web/none'))
  symlinkSync('../../lib/ports.ts', join(root, 'roles/web/ports.ts'))
  const linked = await digests(root)
  write(root, 'lib/ports.ts', 'export const PORT = 81')
  expect((await digests(root)).code).not.toBe(linked.code)
  rmSync(join(root, 'roles'), { recursive: true })
  expect((await digests(root)).inventory).toBe(own.inventory)
})
