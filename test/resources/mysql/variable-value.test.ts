import { expect, test } from 'vitest'
import { literal, sameValue } from '../../../src/resources/mysql/variable-value.ts'

test.each([
  ['64M', '67108864', true],
  ['1G', '1073741824', true],
  [100, '100', true],
  [0.5, '0.500000', true],
  ['10', '11', false],
  [true, 'ON', true],
  [1, 'ON', true],
  [0, 'OFF', true],
  ['off', 'OFF', true],
  [true, 'OFF', false],
  ['row', 'ROW', true],
  ['B,a', 'A,B', true],
  ['/Var/x', '/var/x', false],
  ['', '', true],
  ['18446744073709551615', '18446744073709551615', true],
])('%j is what the server calls %j: %s', (declared, live, same) => {
  expect(sameValue(declared, live)).toBe(same)
})

test('what the server rounds up is as declared', () => {
  expect(sameValue('65M', String(128 * 1024 ** 2), 64 * 1024 ** 2)).toBe(true)
  expect(sameValue('64M', String(128 * 1024 ** 2), 64 * 1024 ** 2)).toBe(false)
})

test.each([
  ['64M', '67108864'],
  [true, 'ON'],
  ['on', 'ON'],
  [-1, '-1'],
  ['0.5', '0.5'],
  ["it's", "'it''s'"],
  ['1; DROP', "'1; DROP'"],
])('%j is set as %s', (value, sql) => {
  expect(literal(value).sql).toBe(sql)
})
