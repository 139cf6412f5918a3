/** Methods that go through a collection, or make another of it. */
const METHODS = {
  array: [
    ...['map', 'filter', 'flatMap', 'flat', 'forEach', 'reduce', 'some', 'every', 'find', 'findIndex', 'findLast'],
    ...['includes', 'indexOf', 'join', 'slice', 'concat', 'sort', 'toSorted', 'toReversed', 'with', 'toSpliced'],
    ...['values', 'entries', 'keys', Symbol.iterator],
  ],
  set: ['forEach', 'values', 'entries', 'keys', Symbol.iterator],
  map: ['forEach', 'values', 'entries', 'keys', Symbol.iterator],
} as const

/** Where in `src` a collection was gone through, and how often. */
export type Passes = ReadonlyMap<string, number>

/**
 * How often each place of `src` goes through, looks through or copies a collection of so many elements or more while
 * something works. What grows with hosts × hosts does so once a host; the engine itself does not count what its own
 * methods do.
 */
export async function countPasses<T>(size: number, work: () => Promise<T>): Promise<{ result: T; passes: Passes }> {
  const passes = new Map<string, number>()
  let isInside = false
  const restore = [
    ...METHODS.array.map((name) => watch(Array.prototype, name, (all) => all.length)),
    ...METHODS.set.map((name) => watch(Set.prototype, name, (all) => all.size)),
    ...METHODS.map.map((name) => watch(Map.prototype, name, (all) => all.size)),
  ]

  function watch<C extends object>(prototype: C, name: string | symbol, sizeOf: (collection: C) => number): () => void {
    const before = Object.getOwnPropertyDescriptor(prototype, name)
    const original: unknown = before?.value
    if (before === undefined || typeof original !== 'function') throw new Error(`there is no ${String(name)}`)
    const watched = function (this: C, ...given: unknown[]): unknown {
      if (!isInside && sizeOf(this) >= size) {
        isInside = true
        const place = placeIn(new Error().stack ?? '')
        if (place !== undefined) passes.set(place, (passes.get(place) ?? 0) + 1)
        isInside = false
      }
      return Reflect.apply(original, this, given)
    }
    Object.defineProperty(prototype, name, { ...before, value: watched })
    return () => void Object.defineProperty(prototype, name, before)
  }

  try {
    return { result: await work(), passes }
  } finally {
    for (const one of restore) one()
  }
}

/** The nearest place of `src` in a stack. */
const placeIn = (stack: string): string | undefined => /\/(src\/[^\s:)]+\.ts:\d+):\d+/.exec(stack)?.[1]
