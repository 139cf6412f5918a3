/**
 * Text that may carry secrets. A `Secret` shows as a mask wherever it is printed, serialised or
 * interpolated; only `reveal` (called where a script for the wire is built) gives the value.
 */
export const MASK = '‹secret›'

/** A secret that is another than before. */
export const CHANGED_MASK = '‹secret, changed›'

/** A secret that is several lines. */
export const linesMask = (count: number): string => `‹secret, ${count} lines›`

/** All of these, in a text. */
export const MASKS = /‹secret(?:, (?:changed|\d+ lines))?›/g

/** What a secret may be before it is text. Lists and mappings are plain data with secrets as their leaves. */
export type SecretValue = string | number | boolean

export interface Secret {
  readonly [SECRET]: () => SecretValue
  toString(): string
  toJSON(): string
}

const SECRET: unique symbol = Symbol('secret')

/** Taints a value. The value sits in a closure, so no inspector, spread or JSON shows it. */
export function secret(value: SecretValue): Secret {
  return Object.freeze({ [SECRET]: () => value, toString: () => MASK, toJSON: () => MASK })
}

export function isSecret(value: unknown): value is Secret {
  return typeof value === 'object' && value !== null && SECRET in value
}

/** The value with its type, to check it against a schema. Never for anything that is shown. */
export function plainValue(value: Secret): SecretValue {
  return value[SECRET]()
}

const textOf = (value: Secret): string => String(plainValue(value))

/** A text whose secret spans are known: the order of the parts is the order of the text. */
export type Text = string | readonly (string | Secret)[]

const parts = (text: Text): readonly (string | Secret)[] => (typeof text === 'string' ? [text] : text)

/** The real text. Only for what is sent to a host or compared with what a host holds. */
export function reveal(text: Text | Secret): string {
  if (isSecret(text)) return textOf(text)
  return parts(text)
    .map((part) => (typeof part === 'string' ? part : textOf(part)))
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
  // `true` and `false` are no secrets that could be recognised: masking them would blank half of the output.
  if (isSecret(value)) return typeof plainValue(value) === 'boolean' ? [] : [textOf(value)]
  if (Array.isArray(value)) return value.flatMap(secretsIn)
  if (value instanceof Uint8Array) return []
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(secretsIn)
  return []
}

/** A copy of plain data in which every secret is the mask: for showing what would be sent. */
export function withoutSecrets<T>(value: T): T {
  const copy = (inner: unknown): unknown => {
    if (isSecret(inner)) return secret(MASK)
    if (Array.isArray(inner)) return inner.map(copy)
    if (inner instanceof Uint8Array || typeof inner !== 'object' || inner === null) return inner
    // With what it has by a symbol: a script is known by one.
    return Object.assign({ ...inner }, Object.fromEntries(Object.entries(inner).map(([key, one]) => [key, copy(one)])))
  }
  // The copy has the shape of what it copies; only secrets are other secrets.
  return copy(value) as T
}
