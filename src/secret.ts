/**
 * Text that may carry secrets. A `Secret` shows as a mask wherever it is printed, serialised or
 * interpolated; only `reveal` (called where a script for the wire is built) gives the value.
 */
export const MASK = '‹secret›'

export interface Secret {
  readonly [SECRET]: () => string
  toString(): string
  toJSON(): string
}

const SECRET: unique symbol = Symbol('secret')

/** Taints a value. The value sits in a closure, so no inspector, spread or JSON shows it. */
export function secret(value: string): Secret {
  return Object.freeze({ [SECRET]: () => value, toString: () => MASK, toJSON: () => MASK })
}

export function isSecret(value: unknown): value is Secret {
  return typeof value === 'object' && value !== null && SECRET in value
}

/** A text whose secret spans are known: the order of the parts is the order of the text. */
export type Text = string | readonly (string | Secret)[]

const parts = (text: Text): readonly (string | Secret)[] => (typeof text === 'string' ? [text] : text)

/** The real text. Only for what is sent to a host or compared with what a host holds. */
export function reveal(text: Text | Secret): string {
  if (isSecret(text)) return text[SECRET]()
  return parts(text)
    .map((part) => (typeof part === 'string' ? part : part[SECRET]()))
    .join('')
}

/** The text as people may see it. */
export function masked(text: Text | Secret): string {
  if (isSecret(text)) return MASK
  return parts(text)
    .map((part) => (typeof part === 'string' ? part : MASK))
    .join('')
}

export function hasSecret(text: Text): boolean {
  return typeof text !== 'string' && text.some((part) => typeof part !== 'string')
}

/** Every secret value inside any plain data, for masking what a host prints. */
export function secretsIn(value: unknown): string[] {
  if (isSecret(value)) return [reveal(value)]
  if (Array.isArray(value)) return value.flatMap(secretsIn)
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(secretsIn)
  return []
}

/** Lines of a secret that are masked by themselves too: hosts' output is read line by line. Shorter ones say nothing. */
const LINE_LENGTH = 8

/** A function that replaces each of these secrets (and its lines and base64 form) in what a host printed. */
export function masker(secrets: readonly string[]): (text: string) => string {
  const needles = [...new Set(secrets)]
    // Too short a secret would blank half of the output and hide nothing.
    .filter((value) => value.length >= 4)
    .flatMap((value) => [
      value,
      Buffer.from(value).toString('base64'),
      ...value.split(/[\r\n]+/).filter((line) => line.length >= LINE_LENGTH),
    ])
    .sort((a, b) => b.length - a.length)
  if (needles.length === 0) return (text) => text
  return (text) => needles.reduce((all, needle) => all.replaceAll(needle, MASK), text)
}

/** A copy of plain data in which every secret is the mask: for showing what would be sent. */
export function withoutSecrets<T>(value: T): T {
  const copy = (inner: unknown): unknown => {
    if (isSecret(inner)) return secret(MASK)
    if (Array.isArray(inner)) return inner.map(copy)
    if (inner instanceof Uint8Array || typeof inner !== 'object' || inner === null) return inner
    return Object.fromEntries(Object.entries(inner).map(([key, one]) => [key, copy(one)]))
  }
  // The copy has the shape of what it copies; only secrets are other secrets.
  return copy(value) as T
}
