import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { masker } from '../src/masker.ts'
import { MASK } from '../src/secret.ts'
import { quote } from '../src/shell/quote.ts'

const SECRET = 'p4ss/w0rd\'s "ünd" +&'

describe('a secret is masked', () => {
  const mask = masker([SECRET])

  test.each([
    ['as it is', SECRET],
    ['as a shell word', quote(SECRET)],
    ['in JSON', JSON.stringify({ password: SECRET })],
    ['in a URL', `mysql://app:${encodeURIComponent(SECRET)}@db1/`],
    ['in base64', Buffer.from(SECRET).toString('base64')],
  ])('%s', (_, text) => {
    expect(mask(`before ${text} after`)).toContain(MASK)
    expect(mask(`before ${text} after`)).not.toContain('w0rd')
  })

  test('inside the base64 of a longer text, wherever its bytes fall', () => {
    for (const before of ['', 'a', 'ab', 'abc']) {
      const encoded = Buffer.from(`${before}${SECRET} and more`).toString('base64')
      const masked = mask(encoded)
      expect(masked).toContain(MASK)
      expect(Buffer.from(masked.replace(MASK, ''), 'base64').toString()).not.toContain('w0rd')
    }
  })
})

test('a secret of several lines is masked as a whole and line by line, for output comes line by line', () => {
  const key = '-----BEGIN KEY-----\nunmistakable+1\r\nab\nunmistakable+2\n-----END KEY-----\n'
  const mask = masker([key])
  expect(mask(`<${key}>`)).toBe(`<${MASK}>`)
  expect(key.split(/\r?\n/).map(mask)).toEqual([MASK, MASK, 'ab', MASK, MASK, ''])
})

test('what is too short to be told from a word is left', () => {
  expect(masker(['on', 'a'])('turn it on')).toBe('turn it on')
})

test('a secret that is a part of another does not uncover its rest', () => {
  expect(masker(['hunter', 'hunter22'])('it is hunter22')).toBe(`it is ${MASK}`)
})

test('no secret of any kind survives, and the rest stays', () => {
  const text = fc.string({ unit: 'binary', minLength: 4, maxLength: 30 })
  fc.assert(
    fc.property(text, (value) => {
      const masked = masker([value])(`«${value}»`)
      expect(masked).toBe(`«${MASK}»`)
    }),
  )
}, 30_000)
