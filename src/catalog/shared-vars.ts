import type { Host, NamedLevel, Vars } from '../inventory/inventory.ts'

/** Hosts that set the same vars at the same places, as a place in a tree of what their levels of vars say. */
interface Alike<T> {
  readonly above: Map<Vars, Alike<T>>
  made?: { readonly value: T }
}

/**
 * What is made of some vars of hosts: made once for all that have them from the same places. Most of thousands of hosts set
 * nothing of their own that a role reads, and a copy for each of them would be most of what a run holds.
 * @param isOne whether a var is one of those; default: all are
 */
export function sharedByVars<T>(
  isOne: (name: string) => boolean = () => true,
): (host: Pick<Host, 'vars' | 'levels'>, make: () => T) => T {
  const root = alike<T>()
  const own = new WeakMap<object, Alike<T>>()
  const known = new Map<Vars, boolean>()
  const says = ({ scope, vars }: NamedLevel): boolean => {
    if (scope === 'host') return Object.keys(vars).some(isOne)
    const says = known.get(vars) ?? Object.keys(vars).some(isOne)
    known.set(vars, says)
    return says
  }
  const placeOf = (host: Pick<Host, 'vars' | 'levels'>): Alike<T> => {
    // Where it is not known what its vars were merged of, they are its own.
    if (host.levels.length === 0) return entry(own, host)
    return host.levels.filter(says).reduce((at, { vars }) => entry(at.above, vars), root)
  }
  return (host, make) => {
    const place = placeOf(host)
    place.made ??= { value: make() }
    return place.made.value
  }
}

const alike = <T>(): Alike<T> => ({ above: new Map() })

function entry<K extends object, T>(of: Map<K, Alike<T>> | WeakMap<K, Alike<T>>, key: K): Alike<T> {
  const made = of.get(key) ?? alike<T>()
  of.set(key, made)
  return made
}
