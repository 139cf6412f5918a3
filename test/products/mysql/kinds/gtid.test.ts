import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gtidText, parseGtids, withoutGtids } from '../../../../src/products/mysql/kinds/gtid.ts'

const SOURCES = ['4eaac344-e6c0-11f1-9ced-02420a5f000b', 'b245c6ee-e6c0-11f1-b346-02420a5f000c'] as const

/** Single transactions, and the same written as servers write them: intervals, tags. */
const transactions = fc.uniqueArray(
  fc.tuple(fc.constantFrom(...SOURCES), fc.constantFrom('', 'tag_1'), fc.integer({ min: 1, max: 12 })),
  {
    selector: (one) => one.join(':'),
    maxLength: 30,
  },
)
type One = readonly [string, string, number]
const write = (all: readonly One[]): string =>
  all.map(([uuid, tag, n]) => [uuid, ...(tag === '' ? [] : [tag]), n].join(':')).join(',\n')
const key = (one: One): string => one.join(':')

describe('sets of transactions', () => {
  test('are what is in one and not in the other, as plain sets have it', () => {
    fc.assert(
      fc.property(transactions, transactions, (a, b) => {
        const without = new Set(b.map(key))
        const left = a.filter((one) => !without.has(key(one)))
        const found = withoutGtids(parseGtids(write(a)), parseGtids(write(b)))
        expect(gtidText(found)).toBe(gtidText(parseGtids(write(left))))
      }),
    )
  })

  test('are read as they are written', () => {
    fc.assert(
      fc.property(transactions, (all) => {
        const set = parseGtids(write(all))
        expect(parseGtids(gtidText(set))).toEqual(set)
      }),
    )
  })

  test('are written short, and compared in either case', () => {
    expect(gtidText(parseGtids(`${SOURCES[1]}:1-3:4:7,\n${SOURCES[0].toUpperCase()}:5:tag_1:1-2`))).toBe(
      `${SOURCES[0]}:5,${SOURCES[0]}:tag_1:1-2,${SOURCES[1]}:1-4:7`,
    )
    expect(gtidText(parseGtids(''))).toBe('')
  })

  test('a middle is cut out', () => {
    const set = (text: string) => parseGtids(`${SOURCES[0]}:${text}`)
    expect(gtidText(withoutGtids(set('1-10'), set('3-4:8')))).toBe(`${SOURCES[0]}:1-2:5-7:9-10`)
    expect(gtidText(withoutGtids(set('5'), set('1-4:6-9')))).toBe(`${SOURCES[0]}:5`)
  })

  test.each(['x', 'x:1', `${SOURCES[0]}`, `${SOURCES[0]}:tag`])('%j is none', (text) => {
    expect(() => parseGtids(text)).toThrow('no set of transactions')
  })
})
