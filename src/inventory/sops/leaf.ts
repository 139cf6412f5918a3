import { isUtf8 } from 'node:buffer'
import type { SecretValue } from '../../masking/secret.ts'

/** The types that SOPS notes beside an encrypted value (getsops/sops, aes/cipher.go). */
export type LeafType = 'str' | 'int' | 'float' | 'bool' | 'bytes' | 'time' | 'comment'

/** One value as SOPS encrypts it and counts it into the MAC: its type and its canonical bytes. */
export interface Leaf {
  readonly type: LeafType
  readonly bytes: Buffer
}

const TYPES: ReadonlySet<string> = new Set<LeafType>(['str', 'int', 'float', 'bool', 'bytes', 'time', 'comment'])

/**
 * What was decrypted, in the canonical bytes of its type.
 * @throws Error when the type is unknown or the bytes are none of it; the message does not show them.
 */
export function leafFrom(type: string, bytes: Buffer): Leaf {
  if (!isLeafType(type)) throw new Error(`its type '${type}' is unknown`)
  const text = bytes.toString('utf8')
  if (type === 'int') return { type, bytes: Buffer.from(canonicalInt(text)) }
  if (type === 'float') return { type, bytes: Buffer.from(goFloat(numberFrom(text))) }
  if (type === 'bool') return { type, bytes: Buffer.from(titleCase(boolFrom(text))) }
  return { type, bytes }
}

/** A value of a plain YAML file as a leaf. Whole numbers are bigints there, so that they keep all their digits. */
export function leafOf(value: string | number | bigint | boolean): Leaf {
  if (typeof value === 'string') return { type: 'str', bytes: Buffer.from(value) }
  if (typeof value === 'bigint') return { type: 'int', bytes: Buffer.from(String(value)) }
  if (typeof value === 'boolean') return { type: 'bool', bytes: Buffer.from(titleCase(value)) }
  return { type: 'float', bytes: Buffer.from(goFloat(value)) }
}

/**
 * The value that roles work with. A whole number too long for a double stays text.
 * @throws Error when the bytes are no text.
 */
export function secretValueOf({ type, bytes }: Leaf): SecretValue {
  if (!isUtf8(bytes)) throw new Error('it is binary, and vars are text')
  const text = bytes.toString('utf8')
  if (type === 'bool') return text === 'True'
  if (type === 'float') return numberFrom(text)
  if (type !== 'int') return text
  return Number.isSafeInteger(Number(text)) ? Number(text) : text
}

const isLeafType = (type: string): type is LeafType => TYPES.has(type)

const canonicalInt = (text: string): string => {
  if (!/^[+-]?\d+$/.test(text)) throw new Error('it is marked as a whole number and is none')
  return String(BigInt(text))
}

const boolFrom = (text: string): boolean => {
  // What Go's strconv.ParseBool takes.
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false
  throw new Error('it is marked as true or false and is neither')
}

const titleCase = (value: boolean): string => (value ? 'True' : 'False')

const SPECIAL: Readonly<Record<string, number>> = {
  '+Inf': Number.POSITIVE_INFINITY,
  '-Inf': Number.NEGATIVE_INFINITY,
  NaN: Number.NaN,
}

const numberFrom = (text: string): number => {
  const special = SPECIAL[text]
  if (special !== undefined) return special
  const number = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isNaN(number)) throw new Error('it is marked as a number and is none')
  return number
}

/** As Go's strconv.FormatFloat(value, 'f', -1, 64): the shortest digits, never with an exponent. */
export function goFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (Object.is(value, -0)) return '-0'
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? []
  const shift = Number(exponent)
  if (shift >= 0) {
    const digits = fraction.padEnd(shift, '0')
    const rest = digits.slice(shift)
    return `${sign}${whole}${digits.slice(0, shift)}${rest === '' ? '' : `.${rest}`}`
  }
  return `${sign}0.${'0'.repeat(-shift - 1)}${whole}${fraction}`
}
