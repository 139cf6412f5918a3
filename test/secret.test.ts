import { expect, test } from 'vitest'
import { MASK, masker } from '../src/secret.ts'

const KEY = '-----BEGIN KEY-----\nunmistakable+1\r\nab\nunmistakable+2\n-----END KEY-----\n'

test('a secret is masked wherever a host prints it, also in base64', () => {
  const mask = masker(['hunter22'])
  expect(mask(`a hunter22 b ${Buffer.from('hunter22').toString('base64')}`)).toBe(`a ${MASK} b ${MASK}`)
})

test('a secret of several lines is masked as a whole and line by line, for output comes line by line', () => {
  const mask = masker([KEY])
  expect(mask(`<${KEY}>`)).toBe(`<${MASK}>`)
  expect(KEY.split(/\r?\n/).map(mask)).toEqual([MASK, MASK, 'ab', MASK, MASK, ''])
})

test('a secret that is part of another does not spoil it', () => {
  expect(masker(['abcdef', 'abcdefgh'])('abcdefgh abcdef')).toBe(`${MASK} ${MASK}`)
})

test('what is too short to be a secret blanks nothing', () => {
  expect(masker(['abc', ''])('abc')).toBe('abc')
})
