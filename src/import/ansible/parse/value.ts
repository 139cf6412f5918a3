/** What Ansible's files hold, as data, and where each var stands. */

export type AnsibleValue =
  | null
  | boolean
  | number
  | string
  | WholeFloat
  | readonly AnsibleValue[]
  | { readonly [key: string]: AnsibleValue }

const FLOAT: unique symbol = Symbol('a float without a fraction')

/** `1.0`: Ansible puts it into texts as `1.0`, and a JavaScript number would lose that. */
export interface WholeFloat {
  readonly [FLOAT]: number
}

export const wholeFloat = (value: number): WholeFloat => ({ [FLOAT]: value })

export const isWholeFloat = (value: unknown): value is WholeFloat =>
  typeof value === 'object' && value !== null && FLOAT in value

export const floatOf = (value: WholeFloat): number => value[FLOAT]

export const isAnsibleMapping = (value: unknown): value is { readonly [key: string]: AnsibleValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isWholeFloat(value)

/** A place in a file, as it is told. */
export interface Place {
  readonly file: string
  readonly line: number
}

export interface AnsibleVar {
  readonly value: AnsibleValue
  readonly at: Place
  /** Lines inside it where a `!vault` value stands: the value is null there. */
  readonly vault: readonly number[]
  /** It is marked `!unsafe` somewhere: braces in it are text. */
  readonly unsafe: boolean
}

export type AnsibleVars = ReadonlyMap<string, AnsibleVar>

export const plainVar = (value: AnsibleValue, at: Place): AnsibleVar => ({ value, at, vault: [], unsafe: false })

/** A number as Python has it: its text counts, so that 1.0 stays apart from 1 and big ones keep their digits. */
export function pythonNumber(value: number | bigint, isFloat: boolean): AnsibleValue {
  if (typeof value === 'bigint') {
    const small = Number(value)
    return Number.isSafeInteger(small) ? small : String(value)
  }
  return isFloat && Number.isInteger(value) ? wholeFloat(value) : value
}

/** Without what only YAML can write: for comparing, checking and asking. */
export function plain(value: AnsibleValue): PlainValue {
  if (isWholeFloat(value)) return floatOf(value)
  if (isList(value)) return value.map(plain)
  if (isAnsibleMapping(value)) return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]))
  return value
}

export type PlainValue =
  | null
  | boolean
  | number
  | string
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue }

export const isList = (value: AnsibleValue): value is readonly AnsibleValue[] => Array.isArray(value)

/** Every text inside a value. */
export function textsOf(value: AnsibleValue): string[] {
  if (typeof value === 'string') return [value]
  if (isList(value)) return value.flatMap(textsOf)
  return isAnsibleMapping(value) ? Object.entries(value).flatMap(([key, one]) => [key, ...textsOf(one)]) : []
}

/** Ansible would make something of it when it is used: `{{ … }}`, `{% … %}`. */
export const isJinja = ({ value, unsafe }: AnsibleVar): boolean =>
  !unsafe && textsOf(value).some((text) => text.includes('{{') || text.includes('{%'))
