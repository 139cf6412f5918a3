import { basename, dirname } from 'node:path'
import type { Origin } from '../errors.ts'
import type { Host } from '../inventory/inventory.ts'

/** The levels of precedence, lowest first, as docs/inventory.md has them. */
export const LEVELS = ['role default', 'site tier', 'all', 'group', 'tier', 'host', '--var'] as const
export type LevelName = (typeof LEVELS)[number]

/** Where in the order of precedence a value was set. */
export interface SetAt {
  readonly level: LevelName
  /** The role, the group or the tier. */
  readonly of?: string | undefined
}

/** The level that a place belongs to: each has files of its own. */
export function levelAt({ file }: Origin, { name, tier }: Pick<Host, 'name' | 'tier'>): SetAt {
  if (file.startsWith('--var')) return { level: '--var' }
  const folder = basename(dirname(file))
  const stem = basename(file).replace(/(\.sops)?\.yml$/, '')
  if (folder === 'host_vars') return { level: 'host', of: name }
  if (folder === 'group_vars')
    return stem === 'all' ? { level: 'all' } : { level: stem === tier ? 'tier' : 'group', of: stem }
  return stem === 'site' ? { level: 'site tier', of: tier } : { level: 'host', of: name }
}
