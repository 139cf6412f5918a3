import { raw, type Sql, text } from './sql.ts'

export type VariableValue = string | number | boolean

const UNITS: Readonly<Record<string, number>> = { K: 1, M: 2, G: 3, T: 4, P: 5, E: 6 }
const ON = ['ON', 'TRUE', 'YES']
const OFF = ['OFF', 'FALSE', 'NO']

/** `64M` is a number in an option file, but not in SQL. */
const numberOf = (value: string): string | undefined => {
  const [, digits, unit] = /^(-?\d+)([KMGTPE])?$/i.exec(value) ?? []
  if (digits !== undefined) return String(BigInt(digits) * 1024n ** BigInt(UNITS[unit?.toUpperCase() ?? ''] ?? 0))
  return /^-?\d+\.\d+$/.test(value) ? String(Number(value)) : undefined
}

const switchOf = (value: string): string | undefined => {
  const word = value.toUpperCase()
  return ON.includes(word) ? 'ON' : OFF.includes(word) ? 'OFF' : undefined
}

/** As an option file has it: `ON`, `64M`, text. */
export const optionText = (value: VariableValue): string =>
  typeof value === 'boolean' ? (value ? 'ON' : 'OFF') : String(value)

/** As `SET` takes it. */
export function literal(value: VariableValue): Sql {
  const option = optionText(value)
  const plain = numberOf(option) ?? switchOf(option)
  return plain === undefined ? text(option) : raw(plain)
}

/**
 * Whether the server holds what was declared: sizes as numbers, switches as switches, words in any case, lists in any
 * order.
 * @param unit what the server rounds up to, as it does the buffer pool; 1: nothing
 */
export function sameValue(declared: VariableValue, live: string, unit = 1): boolean {
  const wanted = optionText(declared)
  const isSwitch = live === 'ON' || live === 'OFF'
  if (isSwitch) return (switchOf(wanted) ?? { 1: 'ON', 0: 'OFF' }[wanted]) === live
  const [a, b] = [numberOf(wanted), numberOf(live)]
  if (a !== undefined && b !== undefined) {
    if (unit > 1) return Math.ceil(Number(a) / unit) * unit === Number(b) || a === b
    return Number(a) === Number(b)
  }
  return normal(wanted) === normal(live)
}

/** Paths mean what they say; of other words, case and order mean nothing. */
const normal = (value: string): string =>
  value.includes('/')
    ? value
    : value
        .toLowerCase()
        .split(',')
        .map((one) => one.trim())
        .sort()
        .join(',')
