import { readdir } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'

/** Where the inventories of a project lie. */

/** Whether an inventory is named by where it lies. */
export const isInventoryPath = (name: string): boolean => name.includes('/') || name === '.' || name === '..'

/** Folder of an inventory, named or as a path. */
export const inventoryFolder = (root: string, name: string): string =>
  isInventoryPath(name) ? resolve(root, name) : join(root, 'inventories', name)

/** What an inventory goes by in records, however it was named: its name, or where it lies. */
export function inventoryLabel(root: string, name: string): string {
  const dir = inventoryFolder(root, name)
  const inside = relative(join(root, 'inventories'), dir)
  if (!inside.includes('/') && inside !== '' && inside !== '..') return inside
  const path = relative(root, dir)
  return path.startsWith('../') ? dir : path || '.'
}

/** Names of the inventories of a project; undefined: it has no folder of them. */
export async function foldersOfInventories(root: string): Promise<string[] | undefined> {
  const entries = await readdir(join(root, 'inventories'), { withFileTypes: true }).catch(() => undefined)
  return entries?.filter((entry) => !entry.isFile() && !entry.name.startsWith('.')).map((entry) => entry.name)
}

/** Names of the inventories of a project. */
export async function inventoryNames(root: string): Promise<string[]> {
  return (await foldersOfInventories(root)) ?? []
}
