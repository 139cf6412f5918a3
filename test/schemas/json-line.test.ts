import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonLine } from '../../src/schemas/json-line.ts'

test('the pieces of any data are the text that it is as a whole', () => {
  const list = fc.array(fc.anything({ maxDepth: 1, withNullPrototype: false, withBigInt: false }), {
    minLength: 90,
    maxLength: 320,
    size: 'max',
  })
  const value = fc.oneof(list, fc.jsonValue(), fc.constant(undefined))
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value, { maxKeys: 5 }), (data) => {
      const plain = { ...data }
      expect([...jsonLine(plain)].join('')).toBe(`${JSON.stringify(plain)}\n`)
    }),
    { numRuns: 60 },
  )
})

test('of the results of 5,000 hosts no piece has more than a hundred', () => {
  const results = Array.from({ length: 5000 }, (_, i) => ({ host: `h${i}`, outcome: 'ok' }))
  const pieces = [...jsonLine({ type: 'run-finished', results, notes: undefined })]
  expect(Math.max(...pieces.map((piece) => piece.match(/"host"/g)?.length ?? 0))).toBe(100)
  expect(JSON.parse(pieces.join(''))).toEqual({ type: 'run-finished', results })
})
