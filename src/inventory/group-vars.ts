import type { Origin, Problem } from '../errors.ts'
import { isSecret, plainValue } from '../masking/secret.ts'
import { placeText } from '../problems/place.ts'
import { dotted, step, steps } from '../problems/pointer.ts'
import type { Origins, Value, Vars } from './inventory.ts'
import { originAt } from './origins.ts'
import { isMapping, type Level, mergeLevels } from './vars.ts'
import { writtenAt } from './written.ts'

/** What one of a host's groups sets. */
export interface GroupLevel {
  readonly group: string
  readonly level: Level
}

/** Two groups that set a value differently, and nothing says which of them counts. */
export interface Conflict {
  readonly pointer: string
  readonly groups: readonly [string, string]
  readonly origins: readonly [Origin | undefined, Origin | undefined]
  /** Neither value is a mapping, so that whatever is set above them replaces both. */
  readonly replaceable: boolean
}

export interface MergedGroups {
  readonly level: Level
  readonly conflicts: readonly Conflict[]
}

/**
 * Merges what a host's groups set: the inner of two groups wins over the one that contains it; mappings merge, and groups
 * that are not in one another must agree on all else. Whatever the order of the others, the outcome is the same.
 * @param levels outer groups before those in them
 */
export function mergeGroups(
  levels: readonly GroupLevel[],
  contains: (outer: string, inner: string) => boolean,
): MergedGroups {
  const setters = levels.map(({ group, level }) => ({ group, origins: level.origins, value: level.vars }))
  return {
    level: mergeLevels(levels.map(({ level }) => level)),
    conflicts: setters.length < 2 ? [] : conflictsIn(setters, '', contains),
  }
}

interface Setter {
  readonly group: string
  readonly origins: Origins
  readonly value: Value
}

type Contains = (outer: string, inner: string) => boolean

function conflictsIn(all: readonly Setter[], pointer: string, contains: Contains): Conflict[] {
  const replaced = (one: Setter): boolean =>
    all.some((other) => !isMapping(other.value) && contains(one.group, other.group))
  const setters = all.filter((one) => !replaced(one))
  // Beside a value that is no mapping there may only be the same, or what the groups in its own one set.
  for (const whole of setters.filter(({ value }) => !isMapping(value))) {
    const other = setters.find(
      (one) => one !== whole && !contains(whole.group, one.group) && !isSame(whole, one, pointer),
    )
    if (other !== undefined) return [conflict(whole, other, pointer)]
  }
  const inside = setters.filter((one): one is Setter & { readonly value: Vars } => isMapping(one.value))
  const keys = inside.length < 2 ? [] : new Set(inside.flatMap(({ value }) => Object.keys(value)))
  return [...keys].flatMap((key) =>
    conflictsIn(
      inside.flatMap(({ value, ...one }) => {
        const found = Object.hasOwn(value, key) ? value[key] : undefined
        return found === undefined ? [] : [{ ...one, value: found }]
      }),
      pointer + step(key),
      contains,
    ),
  )
}

const conflict = (one: Setter, other: Setter, pointer: string): Conflict => ({
  pointer,
  groups: [one.group, other.group],
  origins: [originAt(one.origins, pointer), originAt(other.origins, pointer)],
  replaceable: !isMapping(one.value) && !isMapping(other.value),
})

/** The same value, also as it was written: where a role takes text, `1.10` is not `1.1`. */
function isSame(one: Setter, other: Setter, pointer: string): boolean {
  const [a, b] = [one.value, other.value]
  if (isSecret(a) || isSecret(b)) return isSecret(a) && isSecret(b) && plainValue(a) === plainValue(b)
  if (isList(a) && isList(b)) {
    return a.length === b.length && a.every((value, i) => isSame(at(one, value), at(other, b[i]), pointer + step(i)))
  }
  if (isMapping(a) && isMapping(b)) {
    const keys = Object.keys(a)
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && isSame(at(one, a[key]), at(other, b[key]), pointer + step(key)))
    )
  }
  return a === b && writtenAt(one.origins, pointer) === writtenAt(other.origins, pointer)
}

const at = (setter: Setter, value: Value | undefined): Setter => ({ ...setter, value: value ?? null })

const isList = (value: Value): value is readonly Value[] => Array.isArray(value)

/** Those of the conflicts on which nothing above the groups decides. */
export function undecided(conflicts: readonly Conflict[], above: readonly Level[]): Conflict[] {
  return conflicts.filter((one) => !above.some(({ vars }) => decides(vars, steps(one.pointer), one.replaceable)))
}

function decides(vars: Vars, path: readonly string[], replaceable: boolean): boolean {
  const [key, ...deeper] = path
  const value = key !== undefined && Object.hasOwn(vars, key) ? vars[key] : undefined
  if (value === undefined) return false
  if (!isMapping(value)) return true
  return deeper.length === 0 ? replaceable : decides(value, deeper, replaceable)
}

/** A conflict as it is told. @param prefix of what is set: `connection.` */
export function conflictProblem(
  { pointer, groups, origins }: Conflict,
  hosts: readonly string[],
  prefix = '',
): Problem {
  const [one, other] = origins
  const place = other === undefined ? '' : ` (${groups[1]}: ${placeText(other)})`
  return {
    message: `groups '${groups[0]}' and '${groups[1]}' set '${prefix}${dotted(pointer)}' differently${place}`,
    origin: one,
    hint: 'set it for the tier or the host, or put one of these groups into the other: the inner one wins',
    hosts,
  }
}
