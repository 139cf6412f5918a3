import type { Origin } from '../../errors.ts'
import { step, steps } from '../../problems/pointer.ts'
import type { FileOrigins, Value } from '../inventory.ts'
import { isMapping } from '../vars.ts'

/**
 * Places of values that stand in no file: the source, and the way to the value in it (`eu1.app_port`).
 * @param placeOf names a place, from a JSON pointer into the data
 */
export function sourceOrigins(
  value: Value,
  file: string,
  placeOf: (pointer: string) => string = inOurShape,
): FileOrigins {
  const origins = new Map<string, Origin>()
  const take = (inner: unknown, pointer: string): void => {
    origins.set(pointer, originIn(file, placeOf(pointer)))
    if (!Array.isArray(inner) && !isMapping(inner)) return
    for (const [key, one] of Object.entries(inner)) take(one, pointer + step(key))
  }
  take(value, '')
  return origins
}

export const originIn = (file: string, at: string): Origin => ({
  file: at === '' ? file : `${file}: ${at}`,
  line: 0,
  col: 0,
})

/** What a host or a group has is told by its name: the tier that it stands under says nothing of where it comes from. */
function inOurShape(pointer: string): string {
  const [first, , kind, host, ...rest] = steps(pointer)
  if (first === 'tiers' && kind === 'hosts' && host !== undefined) return [host, ...withoutVars(rest)].join('.')
  return steps(pointer).join('.')
}

const withoutVars = ([first, ...rest]: readonly string[]): readonly string[] =>
  first === undefined ? [] : first === 'vars' ? rest : [first, ...rest]
