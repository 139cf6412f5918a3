import type { Origins } from './inventory.ts'

/** Data that passed its schema, and where its values were written. */
export interface Source<T> {
  readonly data: T
  readonly origins: Origins
}
