import { isSecret } from '../masking/secret.ts'
import { step } from '../problems/pointer.ts'
import type { FileOrigins, Origins, Value, Vars } from './inventory.ts'

/** The vars of one level of precedence and where each was written. */
export interface Level {
  readonly vars: Vars
  readonly origins: Origins
}

/** Those of one file, whose places can be gone through. */
export interface FileLevel extends Level {
  readonly origins: FileOrigins
}

export const NO_VARS: FileLevel = { vars: {}, origins: new Map() }

/**
 * Marks a mapping that was written over a `null`: it starts anew, so that what lies under the null (a role's default,
 * which is merged last but ranks lowest) stays removed.
 */
const STARTS_ANEW = Symbol('starts anew')

export function isMapping(value: unknown): value is Vars {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isSecret(value)
}

const startsAnew = (value: Vars): boolean => STARTS_ANEW in value
const anew = (value: Vars): Vars => Object.defineProperty({ ...value }, STARTS_ANEW, { value: true })

/** One value over another: mappings merge, everything else replaces. */
function over(low: Value | undefined, high: Value): Value {
  if (!isMapping(high) || low === undefined) return high
  if (low === null) return anew(high)
  if (!isMapping(low)) return anew(high)
  if (startsAnew(high)) return high
  const merged = mergeVars(low, high)
  return startsAnew(low) ? anew(merged) : merged
}

/**
 * Vars of a higher level over those of a lower one: mappings merge deeply, lists and scalars replace. A `null` stays
 * in the result, since there may be a still lower level whose value it removes; `withoutNulls` ends the merging.
 */
export function mergeVars(low: Vars, high: Vars): Vars {
  // A spread is many times faster than a map where there are thousands of hosts.
  const result: Record<string, Value> = { ...low }
  for (const [name, value] of Object.entries(high)) {
    const merged = over(Object.hasOwn(result, name) ? result[name] : undefined, value)
    // Written plainly, this one would not be an entry.
    if (name === '__proto__') Object.defineProperty(result, name, { ...ENTRY, value: merged })
    else result[name] = merged
  }
  return result
}

const ENTRY = { configurable: true, enumerable: true, writable: true } as const

/** What is left when each `null` has removed what it stands over. Nulls inside lists are values and stay. */
export function withoutNulls(vars: Vars): Vars {
  return Object.fromEntries(
    Object.entries(vars).flatMap(([name, value]): [string, Value][] => {
      if (value === null) return []
      return [[name, isMapping(value) ? withoutNulls(value) : value]]
    }),
  )
}

/** Merges levels, lowest first; each value keeps the place it was written at. */
export function mergeLevels(levels: readonly Level[]): Level {
  const [first, ...rest] = levels.filter((level) => Object.keys(level.vars).length > 0)
  if (first === undefined) return NO_VARS
  return rest.reduce((low, high) => ({ vars: mergeVars(low.vars, high.vars), origins: mergeOrigins(low, high) }), first)
}

/** Looked up level by level when somebody asks: for each of thousands of hosts they would be copied in vain. */
function mergeOrigins(low: Level, high: Level): Origins {
  const replaced = replacedBy(low.vars, high.vars, '')
  return {
    get: (pointer) => high.origins.get(pointer) ?? (isUnder(pointer, replaced) ? undefined : low.origins.get(pointer)),
  }
}

const isUnder = (pointer: string, roots: ReadonlySet<string>): boolean => {
  if (roots.size === 0) return false
  for (let end = pointer.length; end > 0; end = pointer.lastIndexOf('/', end - 1)) {
    if (roots.has(pointer.slice(0, end))) return true
  }
  return false
}

/** Pointers of what the higher level replaces as a whole. */
function replacedBy(low: Vars, high: Vars, pointer: string): ReadonlySet<string> {
  const roots = Object.entries(high).flatMap(([name, value]) => {
    const under = low[name]
    const place = pointer + step(name)
    if (under === undefined) return []
    return isMapping(value) && isMapping(under) && !startsAnew(value) ? [...replacedBy(under, value, place)] : [place]
  })
  return new Set(roots)
}

/** Vars found inside a file, as a level: pointers into it are relative to the vars. */
export function levelOf(value: unknown, origins: Origins, pointer: string): Level {
  if (!isMapping(value) || Object.keys(value).length === 0) return NO_VARS
  return { vars: value, origins: { get: (place) => origins.get(pointer + place) } }
}
