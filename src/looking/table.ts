import { type Line, type Span, span } from '../render/format/line.ts'

export type Cell = string | Span

/** Columns wider than this are not padded to: one long value would push everything to the right. */
const WIDEST = 48

/**
 * Rows with their cells under one another; the last one of a row is as long as it is.
 * @param heads of the columns; undefined: none
 */
export function table(heads: readonly string[] | undefined, rows: readonly (readonly Cell[])[]): Line[] {
  const all = [
    ...(heads && rows.length > 0 ? [heads.map((head) => span('dim', head))] : []),
    ...rows.map((row) => row.map(spanOf)),
  ]
  const widths = Array.from({ length: Math.max(0, ...all.map((row) => row.length)) }, (_, i) =>
    Math.max(0, ...all.map((row) => row[i]?.text.length ?? 0).filter((width) => width <= WIDEST)),
  )
  return all.map((row) =>
    row.flatMap((cell, i) => {
      const isLast = i === row.length - 1
      return isLast ? [cell] : [cell, { text: ' '.repeat(Math.max(0, (widths[i] ?? 0) - cell.text.length) + 2) }]
    }),
  )
}

const spanOf = (cell: Cell): Span => (typeof cell === 'string' ? { text: cell } : cell)
