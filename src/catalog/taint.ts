import { isSecret, MASK, type Secret, type Text } from '../masking/secret.ts'

/** Secrets on their way through a template: each goes in as a token and comes out as a tainted span. */
export interface Tainted {
  /** The data with every secret in it replaced by its token. Functions are wrapped, for what they return. */
  hide<T extends Readonly<Record<string, unknown>>>(data: T): Readonly<Record<string, unknown>>
  /** The text with its secrets back; undefined when one was altered on the way (sliced, encoded, masked). */
  show(text: string): Text | undefined
}

// Private-use characters, which nobody writes into a config file, around a word that shows up when a token is cut.
const OPEN = '\u{F5EC1}'
const CLOSE = '\u{F5EC2}'
const WORD = 'PROVISION-SECRET-'
const TOKEN = new RegExp(`${OPEN}${WORD}(\\d+)${CLOSE}`, 'u')

export function tainted(): Tainted {
  const secrets: Secret[] = []
  const token = (value: Secret): string => {
    const at = secrets.indexOf(value)
    const index = at === -1 ? secrets.push(value) - 1 : at
    return `${OPEN}${WORD}${index}${CLOSE}`
  }

  const hide = (value: unknown): unknown => {
    if (isSecret(value)) return token(value)
    if (typeof value === 'function') return (...args: unknown[]): unknown => hide(Reflect.apply(value, undefined, args))
    if (Array.isArray(value)) return hideAll(value)
    return isPlain(value) ? hideIn(value) : value
  }
  // What holds no secret stays the same object: most data does not, and copying it for each template adds up.
  const hideAll = (list: readonly unknown[]): unknown => {
    const hidden = list.map(hide)
    return hidden.some((item, i) => item !== list[i]) ? hidden : list
  }
  const hideIn = (data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
    const hidden = Object.entries(data).map(([key, value]): [string, unknown] => [key, hide(value)])
    return hidden.some(([key, value]) => value !== data[key]) ? Object.fromEntries(hidden) : data
  }

  return {
    hide: hideIn,
    show(text) {
      const pieces = text.split(TOKEN)
      const rest = pieces.filter((_, i) => i % 2 === 0)
      if (rest.some((piece) => isDamaged(piece))) return undefined
      if (pieces.length === 1) return text
      return pieces.flatMap((piece, i): (string | Secret)[] => {
        const found = i % 2 === 1 ? secrets[Number(piece)] : undefined
        if (found !== undefined) return [found]
        return piece === '' ? [] : [piece]
      })
    },
  }
}

const isDamaged = (text: string): boolean =>
  text.includes(MASK) ||
  text.includes(OPEN) ||
  text.includes(CLOSE) ||
  text.toUpperCase().includes(WORD) ||
  text.includes(encodeURIComponent(OPEN))

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null) return false
  const proto: unknown = Object.getPrototypeOf(value)
  return proto === Object.prototype || proto === null
}
