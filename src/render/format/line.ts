import { styleText } from 'node:util'

/** What a piece of text means; only `paint` knows colours. */
export type Tone = 'add' | 'remove' | 'change' | 'run' | 'good' | 'bad' | 'warn' | 'dim' | 'bold'

export interface Span {
  readonly text: string
  readonly tone?: Tone | undefined
}

/** One line of output as data. Texts may come from hosts: nothing of a line reaches a terminal but through `paint`. */
export type Line = readonly Span[]

export const BLANK: Line = []

export function line(...parts: readonly (string | Span)[]): Line {
  return parts.map((part) => (typeof part === 'string' ? { text: part } : part))
}

export function span(tone: Tone, text: string): Span {
  return { text, tone }
}

export function indent(lines: readonly Line[], by = 2): Line[] {
  const margin = { text: ' '.repeat(by) }
  return lines.map((one) => (one.length === 0 ? one : [margin, ...one]))
}

/** Control and invisible formatting characters (escape sequences, carriage returns, bidi overrides), but the tab. */
const UNSAFE = /(?!\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r' }

/** The text with every character that a terminal would act on written as an escape: `\x1b`, `\u202e`. */
export function printable(text: string): string {
  return text.replaceAll(UNSAFE, (char) => {
    const code = (char.codePointAt(0) ?? 0).toString(16)
    return NAMED[char] ?? (code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`)
  })
}

type Style = Parameters<typeof styleText>[0]

const STYLES: Readonly<Record<Tone, Style>> = {
  add: 'green',
  remove: 'red',
  change: 'yellow',
  run: 'cyan',
  good: 'green',
  bad: ['red', 'bold'],
  warn: 'yellow',
  dim: 'dim',
  bold: 'bold',
}

/** The line as it is written. Colour was decided by who made the options, so the stream is not asked again. */
export function paint(of: Line, color: boolean): string {
  return of
    .map(({ text, tone }) => {
      const safe = printable(text)
      return color && tone !== undefined && safe !== ''
        ? styleText(STYLES[tone], safe, { validateStream: false })
        : safe
    })
    .join('')
}

/** The line cut to a width, for a screen that must not wrap. */
export function clip(of: Line, columns: number): Line {
  const flat = of.map(({ text, tone }) => ({ text: printable(text).replaceAll('\t', ' '), tone }))
  if (flat.reduce((sum, { text }) => sum + text.length, 0) <= columns) return flat
  let room = Math.max(columns - 1, 0)
  const kept = flat.map(({ text, tone }) => {
    const part = text.slice(0, room)
    room -= part.length
    return { text: part, tone }
  })
  return [...kept, { text: '…' }]
}
