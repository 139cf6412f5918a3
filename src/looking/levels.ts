import type { Origin } from '../errors.ts'
import type { Host, Scope } from '../inventory/inventory.ts'

/** Levels of precedence, as docs/inventory.md calls them. */
export type LevelName = 'role default' | 'site tier' | 'all' | 'group' | 'tier' | 'host' | '--var'

/** Where in the order of precedence a value was set. */
export interface SetAt {
  readonly level: LevelName
  /** The role, the group, the tier or the host. */
  readonly of?: string | undefined
}

const NAMES: Readonly<Record<Scope, LevelName>> = {
  site: 'site tier',
  all: 'all',
  group: 'group',
  tier: 'tier',
  host: 'host',
  'command line': '--var',
}

/** The level that a value comes from: the highest one that has this very place at this pointer, or around it. */
export function levelAt({ levels }: Pick<Host, 'levels'>, pointer: string, origin: Origin): SetAt {
  for (let place = pointer; place !== ''; place = place.slice(0, place.lastIndexOf('/'))) {
    const found = levels.findLast(({ origins }) => origins.get(place) === origin)
    if (found === undefined) continue
    const isNamed = found.scope !== 'all' && found.scope !== 'command line'
    return { level: NAMES[found.scope], ...(isNamed && { of: found.name }) }
  }
  return { level: 'host' }
}
