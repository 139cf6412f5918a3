import fc from 'fast-check'
import { expect, test } from 'vitest'
import { framed, packed, unframed, unpacked } from '../../src/workers/frames.ts'

const message = fc.record({
  head: fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' })),
  body: fc.oneof(fc.uint8Array(), fc.uint8Array({ minLength: 4090, maxLength: 4200 })),
})

test('messages survive any cut of their bytes, whole and in order', () => {
  fc.assert(
    fc.property(fc.array(message), fc.array(fc.integer({ min: 1, max: 5000 })), (messages, cuts) => {
      const bytes = Buffer.concat(messages.flatMap(framed))
      const heard: unknown[] = []
      const take = unframed((one) => heard.push(unpacked(one)))
      let at = 0
      for (const cut of [...cuts, bytes.length]) {
        take(bytes.subarray(at, at + cut))
        at += cut
      }
      expect(heard).toEqual(messages.map(({ head, body }) => ({ head, body: Buffer.from(body) })))
    }),
  )
})

test('a carrier that keeps messages apart has the same, without their length', () => {
  const one = { head: { id: 1, text: 'é' }, body: Buffer.from([0, 255]) }
  expect(unpacked(Buffer.concat(packed(one)))).toEqual(one)
  expect(Buffer.concat(framed(one)).subarray(4)).toEqual(Buffer.concat(packed(one)))
})

test.each([
  ['a text', Buffer.from('Error: out of memory\n'), 'a message of 1165128303 bytes'],
  ['no head', Buffer.from([0, 0, 0, 1, 7]), 'without a head'],
  ['a head longer than the message', Buffer.from([0, 0, 0, 5, 0, 0, 0, 9, 7]), 'cut short'],
  ['a head that is no JSON', Buffer.from([0, 0, 0, 5, 0, 0, 0, 1, 7]), 'JSON'],
])('%s is no message', (_, bytes, why) => {
  expect(() => unframed((one) => unpacked(one))(bytes)).toThrow(why)
})
