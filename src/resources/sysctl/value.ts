/** The text of a value: blanks and tabs between several are alike. */
export const normal = (value: string | number): string => String(value).trim().replace(/\s+/g, ' ')

/**
 * Whether two texts are one value to the kernel: it reads numbers in C's notation, merges ranges (`1-3,4` is `1-4`) and
 * prints bitmaps in groups of eight digits. What else it makes of a text, only the kernel knows.
 */
export function isSameValue(one: string, other: string): boolean {
  if (normal(one) === normal(other)) return true
  const [left, right] = [normal(one).split(' '), normal(other).split(' ')]
  return left.length === right.length && left.every((word, i) => isSameWord(word, right[i] ?? ''))
}

const isSameWord = (one: string, other: string): boolean => {
  if (one === other) return true
  // A lone number is neither: `010` is eight.
  const both = `${one} ${other}`
  const readers = [integer, ...(/[,-]/.test(both) ? [ranges] : []), ...(/,[0-9a-fA-F]{8}/.test(both) ? [bitmap] : [])]
  return readers.some((read) => {
    const [left, right] = [read(one), read(other)]
    return left !== undefined && left === right
  })
}

const integer = (word: string): string | undefined => {
  const [, sign, digits] = /^(-?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/.exec(word) ?? []
  if (digits === undefined) return undefined
  const value = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits)
  return String(sign ? -value : value)
}

const NUMBER = '(?:0|[1-9][0-9]{0,8})'
const RANGES = new RegExp(`^${NUMBER}(?:-${NUMBER})?(?:,${NUMBER}(?:-${NUMBER})?)*$`)

const ranges = (word: string): string | undefined => {
  if (!RANGES.test(word)) return undefined
  const parts = word
    .split(',')
    .map((part) => part.split('-').map(Number))
    .map(([from = 0, to = from]) => ({ from, to }))
    .sort((a, b) => a.from - b.from)
  const merged: { from: number; to: number }[] = []
  for (const part of parts) {
    const last = merged.at(-1)
    if (last && part.from <= last.to + 1) last.to = Math.max(last.to, part.to)
    else merged.push({ ...part })
  }
  return merged.map(({ from, to }) => `${from}-${to}`).join(',')
}

const bitmap = (word: string): string | undefined =>
  /^[0-9a-fA-F]{1,8}(,[0-9a-fA-F]{8})*$/.test(word) ? String(BigInt(`0x${word.replaceAll(',', '')}`)) : undefined
