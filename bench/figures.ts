/** The middle of some numbers, with their ends. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** @throws RangeError for no numbers */
export function spread(numbers: readonly number[]): Spread {
  const sorted = [...numbers].sort((a, b) => a - b)
  const at = (index: number): number => {
    const value = sorted[index]
    if (value === undefined) throw new RangeError('no figures')
    return value
  }
  const half = sorted.length / 2
  const median = Number.isInteger(half) ? (at(half - 1) + at(half)) / 2 : at(Math.floor(half))
  return { median, min: at(0), max: at(sorted.length - 1) }
}

/** One thing that was measured of two programs in turn, pair by pair. */
export interface Comparison {
  readonly name: string
  readonly unit: string
  readonly ours: Spread
  readonly floor: Spread
  /** Ours by the floor's of the same pair: a machine that slows down slows both. */
  readonly ratio: Spread
}

export function compare(name: string, unit: string, pairs: readonly (readonly [number, number])[]): Comparison {
  return {
    name,
    unit,
    ours: spread(pairs.map(([ours]) => ours)),
    floor: spread(pairs.map(([, floor]) => floor)),
    ratio: spread(pairs.map(([ours, floor]) => ours / floor)),
  }
}

/** Comparisons as a table of text. */
export function table(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map(({ name, unit, ours, floor, ratio }) => [
    name,
    `${number(ours.median)} ${unit}`,
    `${number(floor.median)} ${unit}`,
    ratio.median.toFixed(2),
    `${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)}`,
  ])
  const all = [['', 'provision', 'floor', 'ratio', 'min–max'], ...rows]
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))))
    .map((row) => row.join('  '))
    .join('\n')
}

const number = (value: number): string => value.toFixed(value < 100 ? 1 : 0)
