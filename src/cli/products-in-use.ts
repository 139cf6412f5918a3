import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Product } from '../run/failover/product.ts'

/** Where a project is, as the command line has it. */
interface Place {
  readonly project: string
  readonly inventory?: string
}

/**
 * The products that a project uses, for the help: some site.yml of it names one of their roles. Where there is no site.yml all
 * of them: who has no project yet wants to know what there is. It is read as text, for YAML would take longer than all else.
 */
export function productsInUse(products: readonly Product[], { project, inventory }: Place): readonly Product[] {
  const dir = join(project, 'inventories')
  const given = inventory?.includes('/') ? [resolve(project, inventory)] : []
  const sites = [dir, ...foldersIn(dir), ...given].flatMap((folder) => textOf(join(folder, 'site.yml')) ?? [])
  if (sites.length === 0) return products
  const words = new Set(sites.flatMap((text) => text.replaceAll(/(^|\s)#.*/g, '').split(/[^\w-]+/)))
  return products.filter(({ roles }) => roles.some((role) => words.has(role)))
}

function foldersIn(dir: string): string[] {
  try {
    return readdirSync(dir, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? [join(dir, one.name)] : []))
  } catch {
    return []
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
