import fc from 'fast-check'
import { expect, test } from 'vitest'
import { collector } from '../../src/connection/collect.ts'

test('any text survives any cut of its bytes, and is heard once in whole characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.nat(12)), (text, sizes) => {
      // Where it is in the text it says nothing of a cut.
      fc.pre(!text.includes('\uFFFD'))
      let heard = ''
      const all = collector((part) => {
        expect(part).not.toContain('\uFFFD')
        heard += part
      })
      let rest = Buffer.from(text)
      for (const size of [...sizes, rest.length]) {
        all.push(rest.subarray(0, size))
        rest = rest.subarray(size)
      }
      expect(all.text()).toBe(text)
      expect(heard).toBe(text)
    }),
  )
})

test('a byte order mark and blanks at the ends stay', () => {
  const all = collector()
  all.push(Buffer.from('\uFEFF x \n\n'))
  expect(all.text()).toBe('\uFEFF x \n\n')
})
