import type { Line, Span } from './line.ts'

/** A line that was met, one object wherever it is met again. */
export interface Numbered {
  readonly number: number
  readonly line: Line
}

/** Makes lines that say the same one object: comparing them costs nothing then, and each is kept once. */
export function lineNumbers(): (line: Line) => Numbered {
  const met = new Map<string, Numbered>()
  return (line) => {
    const text = line.map(written).join('')
    const known = met.get(text)
    if (known) return known
    const numbered = { number: met.size, line }
    met.set(text, numbered)
    return numbered
  }
}

/** With its length, so that no text can look like two. */
const written = ({ text, tone }: Span): string => `${tone ?? ''} ${text.length} ${text}`
