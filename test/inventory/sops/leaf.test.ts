import fc from 'fast-check'
import { expect, test } from 'vitest'
import { goFloat, leafFrom, leafOf, secretValueOf } from '../../../src/inventory/sops/leaf.ts'

test.each([
  [1e21, '1000000000000000000000'],
  [1.5e-7, '0.00000015'],
  [-1.25e22, '-12500000000000000000000'],
  [1234.56789, '1234.56789'],
  [-0, '-0'],
  [Number.POSITIVE_INFINITY, '+Inf'],
  [Number.NaN, 'NaN'],
])('the number %d is %s to Go', (value, text) => {
  expect(goFloat(value)).toBe(text)
})

test('Go’s form of any number is that number and has no exponent', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(goFloat(value)).toMatch(/^-?\d+(\.\d+)?$/)
      expect(Number(goFloat(value))).toBe(value)
    }),
  )
})

test.each([
  ['int', '12345678901234567890', '12345678901234567890'],
  ['int', '+5', 5],
  ['float', '2.50', 2.5],
  ['bool', 'True', true],
  ['bool', 'f', false],
  ['bytes', 'text', 'text'],
  ['time', '2024-01-01T00:00:00Z', '2024-01-01T00:00:00Z'],
])('%s %s is the value %s', (type, text, value) => {
  expect(secretValueOf(leafFrom(type, Buffer.from(text)))).toBe(value)
})

test.each([
  ['int', 'hunter22', 'whole number'],
  ['bool', 'hunter22', 'true or false'],
  ['float', 'hunter22', 'number'],
  ['list', 'hunter22', "its type 'list' is unknown"],
])('what is no %s is refused without showing it', (type, text, message) => {
  expect(() => leafFrom(type, Buffer.from(text))).toThrow(message)
  expect(() => leafFrom(type, Buffer.from(text))).not.toThrow(text)
})

test('binary is refused, not mangled', () => {
  expect(() => secretValueOf(leafFrom('bytes', Buffer.from([0xff, 0xfe])))).toThrow('binary')
})

test('plain values have the bytes that sops counts into its MAC', () => {
  const bytes = (value: string | number | bigint | boolean) => leafOf(value).bytes.toString()
  expect([bytes(true), bytes(false), bytes(3n), bytes(0.5), bytes('ü')]).toEqual(['True', 'False', '3', '0.5', 'ü'])
})
