import type { Origin } from '../errors.ts'
import type { Origins } from './inventory.ts'

/**
 * The text of a number, where it was written: YAML makes 42 of `0042`, 722500 of `7225e2` and 1.1 of `1.10`. It goes the
 * way of the origin through all merging, and is out of sight there: an origin is shown, and the number may be a secret.
 */
const WRITTEN = Symbol('as it was written')

export function withWritten(origin: Origin, text: string): Origin {
  return Object.defineProperty({ ...origin }, WRITTEN, { value: text, enumerable: false })
}

/** The text of the number at a JSON pointer; undefined where there is no number, or no file that it stands in. */
export function writtenAt(origins: Origins, pointer: string): string | undefined {
  const origin = origins.get(pointer)
  const text: unknown = origin === undefined ? undefined : Reflect.get(origin, WRITTEN)
  return typeof text === 'string' ? text : undefined
}
