import { closest } from 'fastest-levenshtein'
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
 * order, and of a list of switches (`optimizer_switch`), which the server completes, those that are named.
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
  const all = switchesOf(live)
  if (all !== undefined && wanted !== '') {
    return [...entriesOf(wanted)].every(([name, value]) => value !== undefined && all.get(name) === value)
  }
  return normal(wanted) === normal(live)
}

/** What the server holds of what was declared: of a list of switches those that are named. */
export function shownLive(declared: VariableValue, live: string): string {
  const all = switchesOf(live)
  if (all === undefined) return live
  const named = [...entriesOf(optionText(declared)).keys()].filter((name) => all.has(name))
  return named.length === 0 ? live : named.map((name) => `${name}=${all.get(name)}`).join(',')
}

/** `index_merge=on,mrr=off`, as the server shows it; undefined: it is no list of switches. */
const switchesOf = (live: string): ReadonlyMap<string, string | undefined> | undefined =>
  /^\w+=(on|off)(,\w+=(on|off))*$/.test(live) ? entriesOf(live) : undefined

const entriesOf = (list: string): Map<string, string | undefined> =>
  new Map(
    list.split(',').map((one) => {
      const [name = '', value] = one.trim().toLowerCase().split('=')
      return [name.trim(), value?.trim()]
    }),
  )

/** Paths mean what they say; of other words, case, order and repetition mean nothing. */
const normal = (value: string): string =>
  value.includes('/')
    ? value
    : [
        ...new Set(
          value
            .toLowerCase()
            .split(',')
            .map((one) => one.trim()),
        ),
      ]
        .sort()
        .join(',')

/** The numbers that a variable takes, as the server tells them. */
export type Range = readonly [from: string, to: string]

/**
 * Why the server would not keep this value, as far as that can be told without asking it; undefined: nothing is known
 * against it. A start would take the nearest number it can, without a word to anybody but its log.
 */
export function valueProblem(declared: VariableValue, live: string, range: Range | undefined): string | undefined {
  const wanted = optionText(declared)
  const all = switchesOf(live)
  if (all !== undefined && wanted !== '') return switchProblem(wanted, all)
  const number = numberOf(wanted)
  // -1 is how some are told to find their size by themselves, whatever their least number is.
  if (range === undefined || number === undefined || number === '-1' || !isWhole(number) || !isWhole(live)) return
  const [from, to] = range
  return BigInt(number) < BigInt(from) || BigInt(number) > BigInt(to) ? `it takes ${from} to ${to}` : undefined
}

const isWhole = (text: string): boolean => /^-?\d+$/.test(text)

const switchProblem = (wanted: string, all: ReadonlyMap<string, string | undefined>): string | undefined => {
  for (const [name, value] of entriesOf(wanted)) {
    if (name === 'default' || value === 'default') return 'name each switch that is to differ, with on or off'
    if (!all.has(name)) return `it has no switch '${name}': did you mean '${closest(name, [...all.keys()])}'?`
    if (value !== 'on' && value !== 'off') return `the switch ${name} is on or off`
  }
  return undefined
}
