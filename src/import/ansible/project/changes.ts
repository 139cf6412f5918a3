/** What another import says that the last one did not. Pure. */

export type Path = readonly string[]

export interface Change {
  readonly path: Path
  /** Undefined: it was not there. */
  readonly before: unknown
  /** Undefined: it is gone. */
  readonly after: unknown
}

type Mapping = Readonly<Record<string, unknown>>

export const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Mappings are gone into where both sides have one; all else counts as a whole. */
export function changesBetween(before: unknown, after: unknown, path: Path = []): Change[] {
  if (isMapping(before) && isMapping(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)])
    return [...keys].flatMap((key) => changesBetween(before[key], after[key], [...path, key]))
  }
  return equal(before, after) ? [] : [{ path, before, after }]
}

/** Order of keys does not count. */
export function equal(a: unknown, b: unknown): boolean {
  if (isMapping(a) && isMapping(b)) {
    const keys = Object.keys(a)
    return keys.length === Object.keys(b).length && keys.every((key) => key in b && equal(a[key], b[key]))
  }
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, i) => equal(one, b[i]))
  return a === b
}

export interface Decided {
  /** What is to be done to the file as it is. */
  readonly apply: readonly Change[]
  /** Somebody changed these since the last import: they stay. */
  readonly kept: readonly Change[]
}

/** Changes against a file as a person left it. */
export function decide(changes: readonly Change[], present: unknown): Decided {
  const parts = changes.map((change) => decideOne(change, present))
  return { apply: parts.flatMap((part) => part.apply), kept: parts.flatMap((part) => part.kept) }
}

function decideOne(change: Change, present: unknown): Decided {
  const now = valueAt(present, change.path)
  if (equal(now, change.after)) return { apply: [], kept: [] }
  if (equal(now, change.before)) return { apply: [change], kept: [] }
  if (change.before === undefined && isMapping(now) && isMapping(change.after)) {
    return decide(changesBetween({}, change.after, change.path), present)
  }
  return { apply: [], kept: [change] }
}

const valueAt = (data: unknown, path: Path): unknown =>
  path.reduce<unknown>((inside, key) => (isMapping(inside) ? inside[key] : undefined), data)
