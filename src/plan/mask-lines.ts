import type { Secret, Text } from '../masking/secret.ts'
import { CHANGED_MASK, isSecret, linesMask, MASK, reveal } from '../masking/secret.ts'

/**
 * One line of a text as a diff sees it: `real` decides what is equal and never leaves; `shown` is all that people see.
 * A secret with newlines makes one of several lines.
 */
export interface MaskedLine {
  readonly real: string
  readonly shown: string
  /** How many lines of the real text it stands for. */
  readonly count: number
  /** What the line is made of, when it holds secrets and is a single line: what an older version is recognised by. */
  readonly pattern?: Pattern | undefined
}

/** Literals around the secrets of a line: always one more than there are secrets. */
export interface Pattern {
  readonly literals: readonly string[]
  readonly values: readonly string[]
}

type Piece = string | { readonly value: string }

/** Lines without their newline. An empty text has no line. */
export function plainLines(text: string): MaskedLine[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map((real) => ({ real, shown: real, count: 1 }))
}

/** Lines of a text that holds secrets: literals are shown, each secret is a mask. */
export function maskedLines(text: Text): MaskedLine[] {
  const lines: MaskedLine[] = []
  let pieces: Piece[] = []
  const end = () => {
    if (pieces.length > 0) lines.push(lineOf(pieces))
    pieces = []
  }
  for (const piece of (typeof text === 'string' ? [text] : text).flatMap(piecesOf)) {
    if (typeof piece !== 'string') {
      pieces.push(piece)
      continue
    }
    const [first = '', ...rest] = piece.split('\n')
    if (first !== '') pieces.push(first)
    for (const next of rest) {
      // An empty line is a line, too.
      if (pieces.length === 0) pieces.push('')
      end()
      if (next !== '') pieces.push(next)
    }
  }
  end()
  return lines
}

/** A key file's last newline ends its line like any other and is no part of what must be hidden. */
const piecesOf = (part: string | Secret): Piece[] => {
  if (!isSecret(part)) return [part]
  const value = reveal(part)
  return value.endsWith('\n') ? [{ value: value.slice(0, -1) }, '\n'] : [{ value }]
}

const lineOf = (pieces: readonly Piece[]): MaskedLine => {
  const real = pieces.map((piece) => (typeof piece === 'string' ? piece : piece.value)).join('')
  const count = real.split('\n').length
  const literals = ['']
  const values: string[] = []
  for (const piece of pieces) {
    const last = literals.length - 1
    if (typeof piece === 'string') literals[last] += piece
    else if (values.length > 0 && literals[last] === '') values[last - 1] += piece.value
    else {
      values.push(piece.value)
      literals.push('')
    }
  }
  if (values.length === 0) return { real, shown: real, count }
  const shown = count === 1 ? literals.join(MASK) : literals.join(linesMask(count))
  return { real, shown, count, pattern: { literals, values } }
}

/**
 * The values that a line of an older version has where this pattern has its secrets; undefined when its literals don't
 * fit, or are blank and would fit anything. Searches each literal once: a hostile line can't make it slow.
 */
export function valuesIn(line: string, { literals }: Pattern): string[] | undefined {
  if (literals.every((literal) => literal.trim() === '')) return undefined
  const first = literals[0] ?? ''
  const last = literals.at(-1) ?? ''
  const end = line.length - last.length
  if (end < first.length || !line.startsWith(first) || !line.endsWith(last)) return undefined
  const values: string[] = []
  let from = first.length
  for (const literal of literals.slice(1, -1)) {
    const at = line.indexOf(literal, from)
    if (at < 0 || at + literal.length > end) return undefined
    values.push(line.slice(from, at))
    from = at + literal.length
  }
  return [...values, line.slice(from, end)]
}

/** How a secret-bearing line is shown where an older version of it, with these values, goes away. */
export function shownChanged({ literals, values }: Pattern, old: readonly string[]): string {
  return literals
    .map((literal, i) => (i === 0 ? '' : values[i - 1] === old[i - 1] ? MASK : CHANGED_MASK) + literal)
    .join('')
}
