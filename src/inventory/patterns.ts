import picomatch from 'picomatch'

/** More names than anybody means by one range. */
const MAX_RANGE = 10_000

/**
 * What a name or a glob stands for: `web1`, `web*`, `{web,db}1`, `web{1..12}`, `web{01..12}`; `web[01:12]`, as Ansible
 * has it, is the same.
 * @returns whether a name is meant
 */
export function matcherOf(pattern: string): (name: string) => boolean {
  const matches = picomatch(pattern.replaceAll(ANSIBLE_RANGE, '{$1..$2}'), { expandRange })
  // It gives more than a yes where it gets a second argument, such as the index of a filter.
  return (name) => matches(name)
}

/** As a glob it would be a class of characters; a colon is in no name. */
const ANSIBLE_RANGE = /\[([0-9]+|[A-Za-z]):([0-9]+|[A-Za-z])\]/g

/** Whether it may stand for other names than the one that it is. */
export const isGlob = (pattern: string): boolean => /[^A-Za-z0-9_.-]/.test(pattern)

/** Left alone, the library takes `{1..12}` for the class of characters `[1-12]`. */
function expandRange(...args: readonly unknown[]): string {
  const [from = '', to = '', step] = args.filter((one) => typeof one === 'string')
  const every = Math.max(1, Number(step ?? 1) || 1)
  const names = numbers(from, to) ?? letters(from, to) ?? []
  return `(?:${names.filter((_, i) => i % every === 0).join('|')})`
}

function numbers(from: string, to: string): string[] | undefined {
  if (!/^\d{1,9}$/.test(from) || !/^\d{1,9}$/.test(to)) return undefined
  const isPadded = [from, to].some((one) => one.length > 1 && one.startsWith('0'))
  const width = isPadded ? Math.max(from.length, to.length) : 0
  return between(Number(from), Number(to)).map((number) => String(number).padStart(width, '0'))
}

const letters = (from: string, to: string): string[] | undefined =>
  /^[A-Za-z]$/.test(from) && /^[A-Za-z]$/.test(to)
    ? between(from.charCodeAt(0), to.charCodeAt(0))
        .map((code) => String.fromCharCode(code))
        .filter((letter) => /[A-Za-z]/.test(letter))
    : undefined

const between = (one: number, other: number): number[] => {
  const [low, high] = one < other ? [one, other] : [other, one]
  return Array.from({ length: Math.min(high - low + 1, MAX_RANGE) }, (_, i) => low + i)
}
