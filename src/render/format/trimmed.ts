import type { Line } from './line.ts'
import type { Row } from './shared.ts'

/** Lines around a change that are shown. */
const AROUND = 1

const HEADER = /@@ -(\d+),(\d+) \+(\d+),(\d+) @@$/

/**
 * Diffs with less around their changes than they come with. What differs between hosts stays, and so does what a text begins
 * with: nothing says where the others are.
 */
export function trimmed(rows: readonly Row[]): Row[] {
  const shown: Row[] = []
  for (let i = 0; i < rows.length; ) {
    const row = rows[i]
    if (row === undefined) break
    const hunk = isHeader(row) ? rows.slice(i + 1, endOf(rows, i + 1)) : []
    shown.push(...(hunk.length === 0 ? [row] : shorter(row, hunk)))
    i += 1 + hunk.length
  }
  return shown
}

/** The row after the hunk that begins here. */
const endOf = (rows: readonly Row[], from: number): number => {
  const length = rows.slice(from).findIndex((row) => !isContext(row) && !isChange(row))
  return length === -1 ? rows.length : from + length
}

function shorter(header: Row, hunk: readonly Row[]): Row[] {
  const first = hunk.findIndex((row) => !isContext(row))
  const last = hunk.findLastIndex((row) => !isContext(row))
  if (first === -1) return [header, ...hunk]
  const before = Math.max(0, first - AROUND)
  const after = Math.max(0, hunk.length - 1 - last - AROUND)
  return [moved(header, before, after), ...hunk.slice(before, hunk.length - after)]
}

/** The header of a hunk that begins and ends so many lines nearer to its changes. */
function moved(header: Row, before: number, after: number): Row {
  if (!('line' in header)) return header
  const end = header.line.at(-1)
  const text = end?.text.replace(HEADER, (_, ...numbers: string[]) => {
    const [oldStart = 0, oldLines = 0, newStart = 0, newLines = 0] = numbers.slice(0, 4).map(Number)
    const less = before + after
    return `@@ -${oldStart + before},${oldLines - less} +${newStart + before},${newLines - less} @@`
  })
  return text === undefined ? header : { line: [...header.line.slice(0, -1), { ...end, text }] }
}

const endSpan = (row: Row): Line[number] | undefined => ('line' in row ? row.line.at(-1) : undefined)

const isHeader = (row: Row): boolean => {
  const end = endSpan(row)
  return end?.tone === 'dim' && HEADER.test(end.text)
}

/** A line that no host changes. */
const isContext = (row: Row): boolean => {
  const end = endSpan(row)
  return end !== undefined && end.tone === undefined && end.text.startsWith(' ')
}

const isChange = (row: Row): boolean => {
  const end = endSpan(row)
  return 'variants' in row || (end !== undefined && (/^[+-]/.test(end.text) || end.text.startsWith('\\')))
}
