/**
 * Sets of transactions as MySQL writes them: `UUID:1-5:7, UUID:tag:1-3`. Source: Reference Manual, GTID Format and
 * Storage. Pure, for what is compared comes from different servers.
 */
export type GtidSet = ReadonlyMap<string, readonly Interval[]>

/** From and to, both included. Beyond 2^53 no server has ever counted. */
export type Interval = readonly [from: number, to: number]

/** @throws Error for what is no set of transactions */
export function parseGtids(text: string): GtidSet {
  const found = new Map<string, Interval[]>()
  for (const part of text.replaceAll(/\s/g, '').toLowerCase().split(',')) {
    if (part === '') continue
    const [uuid = '', ...words] = part.split(':')
    let source = uuid
    for (const word of words) {
      const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(word) ?? []
      // A tag is valid for what follows it: 8.3 and newer.
      if (from === undefined) source = `${uuid}:${word}`
      else found.set(source, [...(found.get(source) ?? []), [Number(from), Number(to ?? from)]])
    }
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid) || !found.has(source)) {
      throw new Error(`${JSON.stringify(part)} is no set of transactions`)
    }
  }
  return new Map([...found].map(([source, intervals]) => [source, merged(intervals)]))
}

/** In the order of sources, as the server itself would print it. */
export function gtidText(set: GtidSet): string {
  return [...set]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([source, intervals]) => [source, ...intervals.map(([from, to]) => (from === to ? from : `${from}-${to}`))])
    .map((words) => words.join(':'))
    .join(',')
}

/** What is in `from` and not in `other`. */
export function withoutGtids(from: GtidSet, other: GtidSet): GtidSet {
  const left = [...from].map(
    ([source, intervals]) =>
      [
        source,
        (other.get(source) ?? []).reduce((rest, cut) => rest.flatMap((one) => cutOut(one, cut)), intervals),
      ] as const,
  )
  return new Map(left.filter(([, intervals]) => intervals.length > 0))
}

const cutOut = ([from, to]: Interval, [start, end]: Interval): Interval[] => {
  if (end < from || start > to) return [[from, to]]
  const before: Interval = [from, Math.min(to, start - 1)]
  const after: Interval = [Math.max(from, end + 1), to]
  return [before, after].filter(([a, b]) => a <= b)
}

const merged = (intervals: readonly Interval[]): Interval[] => {
  const result: Interval[] = []
  for (const [from, to] of [...intervals].sort(([a], [b]) => a - b)) {
    const last = result.at(-1)
    if (last && from <= last[1] + 1) result[result.length - 1] = [last[0], Math.max(last[1], to)]
    else result.push([from, to])
  }
  return result
}
