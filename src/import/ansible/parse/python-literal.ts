import { type AnsibleValue, floatOf, isWholeFloat, pythonNumber } from './value.ts'

/**
 * A value of an INI inventory: Ansible asks Python's `ast.literal_eval`, and what is no literal is text. So `22` is a
 * number, `True` is true, `true` and `0644` are text, and `[1, 2] # two` is a list.
 */
export function iniValue(text: string): AnsibleValue {
  const parsed = literal(text)
  return parsed === undefined ? text : parsed.value
}

interface Parsed {
  readonly value: AnsibleValue
  /** Where it ends. */
  readonly end: number
}

function literal(text: string): Parsed | undefined {
  const parsed = expression(text, skip(text, 0))
  if (parsed === undefined) return undefined
  const end = skip(text, parsed.end)
  if (end >= text.length) return parsed
  // `80,443` is a tuple, without any brackets.
  const tuple = text.charAt(end) === ',' ? elements(text, -1, '') : undefined
  return tuple && { value: tuple.values, end: text.length }
}

/** Over blanks and a comment at the end. */
function skip(text: string, from: number): number {
  const at = from + (/^[ \t\f\n]*/.exec(text.slice(from))?.[0].length ?? 0)
  return text.charAt(at) === '#' ? text.length : at
}

const WORDS: ReadonlyMap<string, AnsibleValue> = new Map<string, AnsibleValue>([
  ['True', true],
  ['False', false],
  ['None', null],
])

function expression(text: string, at: number): Parsed | undefined {
  const rest = text.slice(at)
  const char = rest.charAt(0)
  if (char === '[') return sequence(text, at, ']')
  if (char === '(') return sequence(text, at, ')')
  if (char === '{') return braces(text, at)
  const word = /^(?:True|False|None)(?![\p{L}\p{N}_])/u.exec(rest)?.[0]
  if (word !== undefined) return { value: WORDS.get(word) ?? null, end: at + word.length }
  if (char === '-' || char === '+') return signed(text, at)
  return number(text, at) ?? strings(text, at)
}

function signed(text: string, at: number): Parsed | undefined {
  const operand = number(text, skip(text, at + 1))
  if (operand === undefined) return undefined
  const { value, end } = operand
  const minus = text.charAt(at) === '-'
  if (isWholeFloat(value)) return { value: pythonNumber(minus ? -floatOf(value) : floatOf(value), true), end }
  return typeof value === 'number' ? { value: minus ? -value : value, end } : undefined
}

const FLOAT =
  /^(?:\d(?:_?\d)*)?\.\d(?:_?\d)*(?:[eE][+-]?\d(?:_?\d)*)?|^\d(?:_?\d)*\.?[eE][+-]?\d(?:_?\d)*|^\d(?:_?\d)*\./
const INTEGER = /^(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?0)*|[1-9](?:_?\d)*)/

function number(text: string, at: number): Parsed | undefined {
  const rest = text.slice(at)
  const float = FLOAT.exec(rest)?.[0]
  const written = float ?? INTEGER.exec(rest)?.[0]
  // What goes on (0644, 1.2.3, 10.0.0.1, 3j) is no number.
  if (written === undefined || /^[\p{L}\p{N}_.]/u.test(rest.slice(written.length))) return undefined
  const digits = written.replaceAll('_', '')
  const value = float === undefined ? pythonNumber(BigInt(digits), false) : pythonNumber(Number(digits), true)
  return { value, end: at + written.length }
}

/** Strings that stand side by side are one. */
function strings(text: string, at: number): Parsed | undefined {
  const first = string(text, at)
  if (first === undefined) return undefined
  const next = strings(text, skip(text, first.end))
  return next === undefined ? first : { value: first.value + String(next.value), end: next.end }
}

function string(text: string, at: number): { readonly value: string; readonly end: number } | undefined {
  const opening = /^([rRuUbB]|[bB][rR]|[rR][bB])?("""|'''|"|')/.exec(text.slice(at))
  const quote = opening?.[2]
  if (opening === null || quote === undefined) return undefined
  const raw = /r/i.test(opening[1] ?? '')
  let value = ''
  for (let i = at + opening[0].length; i < text.length; ) {
    if (text.startsWith(quote, i)) return { value, end: i + quote.length }
    if (text.charAt(i) !== '\\') {
      value += text.charAt(i)
      i += 1
      continue
    }
    const { made, length } = raw ? { made: text.slice(i, i + 2), length: 2 } : escapeSequence(text.slice(i))
    value += made
    i += length
  }
  return undefined
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\n': '',
}

function escapeSequence(rest: string): { readonly made: string; readonly length: number } {
  const code = /^\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3}))/.exec(rest)
  if (code !== null) {
    const hex = code[1] ?? code[2] ?? code[3]
    const point = hex === undefined ? Number.parseInt(code[4] ?? '0', 8) : Number.parseInt(hex, 16)
    return { made: point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point), length: code[0].length }
  }
  const next = rest.charAt(1)
  return { made: ESCAPES[next] ?? `\\${next}`, length: 2 }
}

/** Lists and tuples; one value in parentheses is that value. */
function sequence(text: string, at: number, close: string): Parsed | undefined {
  const inside = elements(text, at, close)
  if (inside === undefined) return undefined
  const [only] = inside.values
  const isGroup = close === ')' && inside.values.length === 1 && !inside.comma
  return { value: isGroup && only !== undefined ? only : inside.values, end: inside.end }
}

interface Elements {
  readonly values: readonly AnsibleValue[]
  /** There was a comma after the last one. */
  readonly comma: boolean
  readonly end: number
}

/** @param close empty: up to the end */
function elements(text: string, at: number, close: string): Elements | undefined {
  const values: AnsibleValue[] = []
  let comma = false
  let i = skip(text, at + 1)
  while (text.charAt(i) !== close) {
    if (values.length > 0 && !comma) return undefined
    const one = expression(text, i)
    if (one === undefined) return undefined
    values.push(one.value)
    i = skip(text, one.end)
    comma = text.charAt(i) === ','
    if (comma) i = skip(text, i + 1)
  }
  return { values, comma, end: i + 1 }
}

/** Mappings; sets too, which are lists here. */
function braces(text: string, at: number): Parsed | undefined {
  const set = elements(text, at, '}')
  if (set !== undefined) return { value: set.values.length === 0 ? {} : set.values, end: set.end }
  const entries: [string, AnsibleValue][] = []
  let i = skip(text, at + 1)
  for (;;) {
    const key = expression(text, i)
    if (key === undefined) return undefined
    i = skip(text, key.end)
    if (text.charAt(i) !== ':') return undefined
    const value = expression(text, skip(text, i + 1))
    if (value === undefined) return undefined
    entries.push([isWholeFloat(key.value) ? `${floatOf(key.value)}.0` : keyText(key.value), value.value])
    i = skip(text, value.end)
    if (text.charAt(i) === ',') i = skip(text, i + 1)
    else if (text.charAt(i) !== '}') return undefined
    if (text.charAt(i) === '}') return { value: Object.fromEntries(entries), end: i + 1 }
  }
}

const keyText = (value: AnsibleValue): string => (typeof value === 'string' ? value : JSON.stringify(value))
