/** What a role lists: lists in lists are as good as one, and what is left out is false or undefined. */
export type Nested<T> = T | false | undefined | readonly Nested<T>[]

/** As one list. */
export function unnested(list: unknown): unknown[] {
  if (Array.isArray(list)) return list.flatMap((one: unknown) => unnested(one))
  return list === false || list === undefined ? [] : [list]
}
