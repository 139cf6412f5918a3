import { type Line, line, span } from './line.ts'
import type { Variant } from './shared.ts'
import { listing } from './words.ts'

/** What belongs to one word: an address with its port, a path, a version. */
const IN_WORD = /[\w.:/@%+-]/

/** What is longer is read better on a line of its own. */
const LONG = 80

/**
 * A line that differs between hosts: once, with what differs in braces, `+server_id = {db1: 51; db2: 52}`; where nothing is left
 * of it beside what differs, once for each.
 */
export function variantLines(variants: readonly Variant[]): Line[] {
  const [first] = variants
  if (first === undefined) return []
  const spans = first.line.length
  const heads = variants.map(({ line: own }) => JSON.stringify(own.slice(0, -1)))
  const tails = variants.map(({ line: own }) => own.at(-1))
  const alike = heads.every((head) => head === heads[0]) && tails.every((tail) => tail?.tone === tails[0]?.tone)
  const texts = tails.map((tail) => tail?.text ?? '')
  const { before, after } = common(texts)
  if (spans === 0 || !alike || before.length < 2) return variants.flatMap(apart)
  const values = variants.map(({ hosts }, i) => {
    const text = texts[i] ?? ''
    return `${listing(hosts, Number.POSITIVE_INFINITY)}: ${text.slice(before.length, text.length - after.length)}`
  })
  if (values.some(({ length }) => length > LONG)) return variants.flatMap(apart)
  const tone = tails[0]?.tone
  return [
    [...first.line.slice(0, -1), { text: before, tone }, span('bold', `{${values.join('; ')}}`), { text: after, tone }],
  ]
}

/** `    db1: +bind-address = 10.0.0.1` */
const apart = ({ hosts, line: own }: Variant): Line[] => {
  const [margin, ...rest] = own
  const isMargin = margin !== undefined && margin.text.trim() === '' && rest.length > 0
  const name = span('bold', `${listing(hosts, Number.POSITIVE_INFINITY)}: `)
  return [isMargin ? line(margin, name, ...rest) : line(name, ...own)]
}

/** What texts begin and end with, in whole words. */
export function common(texts: readonly string[]): { before: string; after: string } {
  const [first = '', ...others] = texts
  const all = (holds: (text: string) => boolean) => others.every(holds)
  let start = 0
  while (start < first.length && all((text) => text[start] === first[start])) start += 1
  while (start > 0 && IN_WORD.test(first[start - 1] ?? '')) start -= 1
  const shortest = Math.min(...texts.map(({ length }) => length))
  let end = 0
  while (end < shortest - start && all((text) => text.at(-1 - end) === first.at(-1 - end))) end += 1
  while (end > 0 && IN_WORD.test(first.at(-end) ?? '')) end -= 1
  return { before: first.slice(0, start), after: end === 0 ? '' : first.slice(-end) }
}
