import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { parse } from 'yaml'
import { builtinRoles } from '../../catalog/package-root.ts'
import { inventoryFolder, inventoryNames } from '../../inventory/files.ts'
import { isMapping } from '../../inventory/vars.ts'
import type { NamesOf, ProjectNames } from './complete.ts'

/**
 * The names that a project's files have, read as plain data: no role is loaded and no inventory that is a program is run,
 * for somebody waits at the keyboard. What is broken has no names.
 */
export async function projectNames({ project, inventory }: NamesOf): Promise<ProjectNames> {
  const root = resolve(project ?? '.')
  const inventories = await inventoryNames(root)
  const chosen = inventory === undefined ? inventories : [inventory]
  const folders = chosen.map((name) => inventoryFolder(root, name))
  const [shared, builtin, own, ...each] = await Promise.all([
    tiersOfSite(join(root, 'inventories', 'site.yml')),
    rolesIn(builtinRoles()),
    rolesIn(join(root, 'roles')),
    ...folders.map(namesIn),
  ])
  const tiers = unique([...shared, ...each.flatMap((one) => one.tiers)])
  const groups = unique(each.flatMap((one) => one.groups)).filter((name) => name !== 'all' && !tiers.includes(name))
  const hosts = unique(each.flatMap((one) => one.hosts))
  return { inventories, tiers, groups, hosts, roles: unique([...own, ...builtin]) }
}

interface InventoryNames {
  readonly tiers: readonly string[]
  readonly groups: readonly string[]
  readonly hosts: readonly string[]
}

async function namesIn(folder: string): Promise<InventoryNames> {
  const [written, own, files] = await Promise.all([
    dataOf(join(folder, 'hosts.yml')),
    tiersOfSite(join(folder, 'site.yml')),
    filesIn(join(folder, 'group_vars')),
  ])
  const tiers = Object.entries(mapping(mapping(written).tiers))
  const hosts = tiers.flatMap(([, tier]) => Object.entries(mapping(mapping(tier).hosts)))
  return {
    tiers: [...own, ...tiers.map(([name]) => name)],
    groups: [
      ...Object.keys(mapping(mapping(written).groups)),
      ...hosts.flatMap(([, host]) => texts(mapping(host).groups)),
      ...files.map((file) => basename(file).replace(/(\.sops)?\.yml$/, '')),
    ],
    hosts: hosts.map(([name]) => name),
  }
}

async function tiersOfSite(path: string): Promise<string[]> {
  const { tiers } = mapping(await dataOf(path))
  return Array.isArray(tiers) ? tiers.flatMap((tier) => texts([mapping(tier).name])) : []
}

async function rolesIn(dir: string): Promise<string[]> {
  const names = await filesIn(dir)
  return names.filter((name) => ['ts', 'js', 'mjs'].some((end) => existsSync(join(dir, name, `index.${end}`))))
}

const filesIn = (dir: string): Promise<string[]> => readdir(dir).catch(() => [])

async function dataOf(path: string): Promise<unknown> {
  try {
    const data: unknown = parse(await readFile(path, 'utf8'), { logLevel: 'silent' })
    return data
  } catch {
    return undefined
  }
}

const mapping = (value: unknown): Readonly<Record<string, unknown>> => (isMapping(value) ? value : {})
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
const unique = (names: readonly string[]): string[] => [...new Set(names)]
