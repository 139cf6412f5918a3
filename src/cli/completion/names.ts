import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { builtinRoles } from '../../catalog/package-root.ts'
import { seenHosts } from '../../facts/seen-hosts.ts'
import { inventoryFolder, inventoryNames } from '../../inventory/folders.ts'
import type { NamesOf, ProjectNames } from './complete.ts'
import type { WrittenNames } from './written-names.ts'

/** Gives the names that a file of YAML has; none where it is not there, or broken. */
export type NamesInFile = (path: string) => Promise<WrittenNames>

/**
 * The names that a project's files have, read as plain data: no role is loaded and no inventory that is a program is run,
 * for somebody waits at the keyboard. Of such an inventory those hosts are known that a run has met.
 */
export async function projectNames({ project, inventory }: NamesOf, namesIn: NamesInFile): Promise<ProjectNames> {
  const root = resolve(project ?? '.')
  const inventories = await inventoryNames(root)
  const chosen = inventory === undefined ? inventories : [inventory]
  const folders = chosen.map((name) => inventoryFolder(root, name))
  const [shared, builtin, own, ...each] = await Promise.all([
    namesIn(join(root, 'inventories', 'site.yml')),
    rolesIn(builtinRoles()),
    rolesIn(join(root, 'roles')),
    ...folders.map((folder) => ofInventory(folder, namesIn)),
  ])
  const tiers = unique([...shared.tiers, ...each.flatMap((one) => one.tiers)])
  const groups = unique(each.flatMap((one) => one.groups)).filter((name) => name !== 'all' && !tiers.includes(name))
  const hosts = unique(each.flatMap((one) => one.hosts))
  return { inventories, tiers, groups, hosts, roles: unique([...own, ...builtin]) }
}

async function ofInventory(folder: string, namesIn: NamesInFile): Promise<WrittenNames> {
  const hasFile = existsSync(join(folder, 'hosts.yml'))
  const [written, site, files, seen] = await Promise.all([
    namesIn(join(folder, 'hosts.yml')),
    namesIn(join(folder, 'site.yml')),
    filesIn(join(folder, 'group_vars')),
    hasFile ? [] : seenHosts(folder),
  ])
  return {
    tiers: [...site.tiers, ...written.tiers],
    groups: [...written.groups, ...files.map((file) => basename(file).replace(/(\.sops)?\.yml$/, ''))],
    hosts: [...written.hosts, ...seen],
  }
}

async function rolesIn(dir: string): Promise<string[]> {
  const names = await filesIn(dir)
  return names.filter((name) => ['ts', 'js', 'mjs'].some((end) => existsSync(join(dir, name, `index.${end}`))))
}

const filesIn = (dir: string): Promise<string[]> => readdir(dir).catch(() => [])

const unique = (names: readonly string[]): string[] => [...new Set(names)]
