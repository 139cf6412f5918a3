import type { Origin } from '../errors.ts'
import type { Host, Scope } from '../inventory/inventory.ts'

/** The levels of precedence, lowest first, as docs/inventory.md has them. */
export const LEVELS = ['role default', 'site tier', 'all', 'group', 'tier', 'host', '--var'] as const
export type LevelName = (typeof LEVELS)[number]

/** Where in the order of precedence a value was set. */
export interface SetAt {
  readonly level: LevelName
  /** The role, the group or the tier. */
  readonly of?: string | undefined
}

const NAMES: Readonly<Record<Scope, LevelName>> = {
  site: 'site tier',
  all: 'all',
  group: 'group',
  tier: 'tier',
  host: 'host',
  given: '--var',
}

/** The level of a value: the highest in which it stands at this very place. */
export function levelAt(origin: Origin, pointer: string, { levels }: Pick<Host, 'levels'>): SetAt | undefined {
  const found = levels.findLast(({ origins }) => origins.get(pointer) === origin)
  if (found === undefined) return undefined
  const level = NAMES[found.scope]
  return found.scope === 'all' || found.scope === 'given' ? { level } : { level, of: found.name }
}
