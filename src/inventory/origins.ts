import type { Origin } from '../errors.ts'
import type { Origins } from './inventory.ts'

/** Where the value at a pointer was written, or the nearest thing around it. */
export function originAt(origins: Origins, pointer: string): Origin | undefined {
  const found = origins.get(pointer)
  if (found !== undefined || pointer === '') return found
  return originAt(origins, pointer.slice(0, pointer.lastIndexOf('/')))
}
