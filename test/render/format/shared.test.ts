import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { type Line, line, paint } from '../../../src/render/format/line.ts'
import { sectionLines } from '../../../src/render/format/sections.ts'
import { looksAlike, type Part, rebuilt, sectionsOf } from '../../../src/render/format/shared.ts'
import { common } from '../../../src/render/format/variants.ts'

const part = (key: string, ...texts: string[]): Part => ({
  key,
  counts: 'change',
  isNew: true,
  lines: texts.map((text, i) => line(...(i === 0 ? [] : ['    ']), { text, tone: 'add' })),
})
const shown = (plans: Record<string, Part[]>, full = false): string[] =>
  sectionsOf(new Map(Object.entries(plans))).flatMap((section) =>
    sectionLines(section, section.hosts.join(', '), { full }).map((one: Line) => paint(one, false)),
  )

/** Few keys and few words, so that hosts have much in common. */
const anyPart = fc
  .tuple(
    fc.constantFrom('a', 'b', 'c', 'd'),
    fc.array(fc.constantFrom('+x', '+y = 1', '+y = 2', '+z'), { maxLength: 5 }),
    fc.boolean(),
  )
  .map(([key, texts, isNew]): Part => ({ ...part(key, `+ ${key}`, ...texts), isNew }))
const anyPlans = fc.dictionary(
  fc.constantFrom('h1', 'h2', 'h3', 'h4', 'h5'),
  fc.uniqueArray(anyPart, { selector: ({ key }) => key }),
)

/** How often texts were compared to put together so many hosts, of each of which most texts differ from the others'. */
function compared(count: number): number {
  const plans = Array.from({ length: count }, (_, i): [string, Part[]] => [
    `h${i}`,
    [
      part('same', '+ same', ...Array.from({ length: 3 }, (_, l) => `+${l}`)),
      part('alike', '+ alike', `+${i}`, ...Array.from({ length: 3 }, (_, l) => `+${l}`)),
      part('own', '+ own', ...Array.from({ length: 3 }, (_, l) => `+${i} ${l}`)),
      part('long', '+ long', ...Array.from({ length: i % 20 }, (_, l) => `+${l}`)),
    ],
  ])
  let times = 0
  const sections = sectionsOf(new Map(plans), (one, other) => {
    times += 1
    return looksAlike(one, other)
  })
  expect(sections.filter(({ parts }) => parts.some(({ key }) => key === 'own'))).toHaveLength(count)
  return times
}

test('ten times the hosts are ten times the comparisons: 50, 500, 5,000', () => {
  const [few, more, most] = [50, 500, 5000].map(compared)
  expect(few).toBeLessThan(50 * 20)
  // Of the text that is on all of them, and of the few that differ in length alone, no more than once each.
  expect(more).toBeLessThan(500 * 10)
  expect(most).toBeLessThan(5000 * 10)
})

describe('what hosts share', () => {
  test('sections rebuild the plan of each host, line by line and in its order', () => {
    fc.assert(
      fc.property(anyPlans, (plans) => {
        const sections = sectionsOf(new Map(Object.entries(plans)))
        for (const [host, parts] of Object.entries(plans)) {
          expect(rebuilt(sections, host)).toEqual(parts.flatMap(({ lines }) => lines))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('no text that differs between hosts is left out, however much is cut', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(999), { minLength: 2, maxLength: 5 }), fc.nat(30), (values, at) => {
        const text = (value: number) =>
          Array.from({ length: 31 }, (_, i) => (i === at ? `+listen 10.0.0.${value};` : `+line ${i}`))
        const plans = Object.fromEntries(values.map((value, i) => [`h${i}`, [part('f', '+ f', ...text(value))]]))
        const told = shown(plans).join('\n')
        for (const [i, value] of values.entries()) expect(told).toContain(`h${i}: 10.0.0.${value}`)
        expect(told).toMatch(/… \d+ new lines? \(--diff=full\)/)
      }),
      { numRuns: 50 },
    )
  })

  it('is shown once with the names of the hosts, then what is each host’s own', () => {
    const motd = part('file:/etc/motd', '+ file:/etc/motd', '+hello')
    expect(shown({ web1: [motd, part('x', '+ x')], web2: [motd], web3: [motd] })).toEqual([
      'web1, web2, web3: the same 1 change',
      '  + file:/etc/motd',
      '      +hello',
      'web1: 1 change',
      '  + x',
    ])
  })

  it('differs in whole words, in braces', () => {
    const conf = (id: number) => part('c', '+ c', '+a', `+address = 10.0.0.${id}:80;`, '+b')
    expect(shown({ db1: [conf(1)], db2: [conf(2)], db3: [conf(2)] })).toEqual([
      'db1, db2, db3: the same 1 change',
      '  + c',
      '      +a',
      '      +address = {db1: 10.0.0.1:80; db2, db3: 10.0.0.2:80};',
      '      +b',
    ])
  })

  it('is together where it is the same, however many others are unlike it', () => {
    const key = (id: number) => part('cert', '+ cert', ...Array.from({ length: 6 }, (_, i) => `+${id}-${i}`))
    const plans = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`h${i}`, [key(i % 20)]]))
    expect(sectionsOf(new Map(Object.entries(plans))).map(({ hosts }) => hosts)).toEqual(
      Array.from({ length: 20 }, (_, i) => [`h${i}`, `h${i + 20}`]),
    )
  })

  it('is not shown together where hardly a line is the same', () => {
    expect(shown({ a: [part('k', '+ k', '+1', '+2')], b: [part('k', '+ k', '+3', '+4')] })).toHaveLength(8)
  })
})

test('a long new text is cut, one that replaces another is not', () => {
  const text = Array.from({ length: 40 }, (_, i) => `+line ${i}`)
  const fresh = part('f', '+ f', ...text)
  expect(shown({ a: [fresh] })).toEqual([
    'a: 1 change',
    '  + f',
    '      +line 0',
    '      +line 1',
    '      … 38 new lines (--diff=full)',
  ])
  expect(shown({ a: [fresh] }, true)).toHaveLength(42)
  expect(shown({ a: [{ ...fresh, isNew: false }] })).toHaveLength(42)
})

test('what texts have in common ends where a word does', () => {
  expect(common(['a b10 c', 'a b11 c'])).toEqual({ before: 'a ', after: ' c' })
  expect(common(['x', 'x y'])).toEqual({ before: '', after: '' })
  expect(common(['+id = 1', '+id = 12'])).toEqual({ before: '+id = ', after: '' })
})
