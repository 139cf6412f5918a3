/** Host lines of inventories: `web[01:50:2].example.org:2222`. */

export interface HostPattern {
  readonly names: readonly string[]
  readonly port: number | undefined
}

/** More hosts than one line can mean; a slip such as `[1:99999999]` would fill the memory. */
const MOST = 100_000

/**
 * The hosts of a pattern, and the port that stands behind it.
 * @throws Error that says what is wrong with a range
 */
export function expandHostPattern(pattern: string): HostPattern {
  const { host, port } = splitPort(pattern)
  if (pattern.trim().endsWith(':') && port === undefined) throw new Error(`'${pattern}' ends in ':' without a port`)
  const names = expandRange(host)
  if (names.includes('---')) throw new Error("'---' begins a YAML file")
  return { names, port }
}

const RANGE = {
  decimal: String.raw`\[[0-9]+:[0-9]+(?::[0-9]+)?\]`,
  hex: String.raw`\[[0-9a-f]+:[0-9a-f]+(?::[0-9]+)?\]`,
  any: String.raw`\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)(?::[0-9]+)?\]`,
}
const OCTET = `(?:[01]?[0-9]{1,2}|2[0-4][0-9]|25[0-5]|${RANGE.decimal})`
const IPV4 = new RegExp(String.raw`^(?:${OCTET}\.){3}${OCTET}$`, 'i')
/** Looser than Ansible's: groups of four and a double colon somewhere. It only decides whether digits behind are a port. */
const IPV6 = new RegExp(`^(?=.*:.*:)(?:[0-9a-f]{0,4}|${RANGE.hex})(?::(?:[0-9a-f]{0,4}|${RANGE.hex}|[0-9.]+))+$`, 'i')
const WORD = String.raw`[\p{L}\p{N}_]`
const LABEL = String.raw`(?:${WORD}|${RANGE.any})(?:[\p{L}\p{N}_-]|${RANGE.any})*(?<![_-])`
const NAME = new RegExp(String.raw`^${LABEL}(?:\.${LABEL})*$`, 'iu')

/** A port counts only behind what looks like a host, as Ansible has it; else all of it is the name. */
function splitPort(pattern: string): { readonly host: string; readonly port: number | undefined } {
  const bracketed = /^\[(.+)\]:([0-9]+)$/.exec(pattern)
  const inside = bracketed?.[1] ?? pattern
  const plain = /^((?:[^:[\]]|\[[^\]]*\])*):([0-9]+)$/.exec(inside)
  const host = plain?.[1] ?? inside
  const port = plain?.[2] ?? bracketed?.[2]
  if (![IPV4, IPV6, NAME].some((one) => one.test(host))) return { host: pattern, port: undefined }
  return { host, port: port === undefined ? undefined : Number(port) }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

function expandRange(pattern: string): string[] {
  const found = /^([^[]*)\[([^\]]*)\](.*)$/s.exec(pattern)
  if (found === null) {
    if (pattern.includes('[')) throw new Error(`'${pattern}': a '[' is not closed`)
    return [pattern]
  }
  const [, head = '', bounds = '', tail = ''] = found
  const tails = expandRange(tail)
  const steps = stepsOf(bounds, pattern)
  if (steps.length * tails.length > MOST) throw new Error(`'${pattern}' means more than ${MOST} hosts`)
  return steps.flatMap((one) => tails.map((rest) => `${head}${one}${rest}`))
}

function stepsOf(bounds: string, pattern: string): string[] {
  const [first = '', last = '', by = '1', ...more] = bounds.split(':')
  const wrong = (why: string): Error => new Error(`'${pattern}': ${why}`)
  if (!bounds.includes(':') || more.length > 0) throw wrong('a range is [begin:end] or [begin:end:step]')
  if (last === '') throw wrong('a range needs an end')
  const step = Number(by)
  if (!/^\d+$/.test(by) || step === 0) throw wrong('the step of a range is a number from 1')
  if (first.length === 1 && last.length === 1 && LETTERS.includes(first) && LETTERS.includes(last)) {
    const [from, to] = [LETTERS.indexOf(first), LETTERS.indexOf(last)]
    if (from > to) throw wrong('a range begins before it ends')
    return [...LETTERS.slice(from, to + 1)].filter((_, i) => i % step === 0)
  }
  if (!/^\d*$/.test(first) || !/^\d+$/.test(last)) throw wrong('a range is of numbers, or of single letters')
  const padded = first.length > 1 && first.startsWith('0')
  if (padded && first.length !== last.length) throw wrong('with leading zeros, both ends have as many digits')
  const count = Math.floor((Number(last) - Number(first || '0')) / step) + 1
  if (count > MOST) throw wrong(`it means more than ${MOST} hosts`)
  return Array.from({ length: Math.max(0, count) }, (_, i) => {
    const number = String(Number(first || '0') + i * step)
    return padded ? number.padStart(first.length, '0') : number
  })
}
