import { expect, test } from 'vitest'
import { literal, sameValue, shownLive, valueProblem } from '../../../../src/products/mysql/kinds/variable-value.ts'

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
  ['TLSv1.3, TLSv1.2,TLSv1.3', 'TLSv1.2,TLSv1.3', true],
])('%j is what the server calls %j: %s', (declared, live, same) => {
  expect(sameValue(declared, live)).toBe(same)
})

const SWITCHES = 'index_merge=on,index_merge_intersection=off,mrr=on'

test.each([
  ['index_merge_intersection=off', true],
  [' MRR = ON , index_merge=on', true],
  ['index_merge_intersection=on', false],
  ['index_merge_intersection', false],
  ['no_such=off', false],
  ['', false],
])('C02: %j of a list that the server completes: %s', (declared, same) => {
  expect(sameValue(declared, SWITCHES)).toBe(same)
})

test('C02: of such a list those switches are shown that are declared', () => {
  expect(shownLive('mrr=off', SWITCHES)).toBe('mrr=on')
  expect(shownLive('mrr=off', 'ON')).toBe('ON')
})

test.each<[string | number, string, readonly [string, string] | undefined, string | undefined]>([
  ['mrr=off', SWITCHES, undefined, undefined],
  ['mrs=off', SWITCHES, undefined, "it has no switch 'mrs': did you mean 'mrr'?"],
  ['mrr=no', SWITCHES, undefined, 'the switch mrr is on or off'],
  ['default,mrr=off', SWITCHES, undefined, 'name each switch that is to differ, with on or off'],
  [0, '151', ['1', '100000'], 'it takes 1 to 100000'],
  ['1G', '151', ['1', '100000'], 'it takes 1 to 100000'],
  [100_000, '151', ['1', '100000'], undefined],
  [-1, '80', ['0', '65535'], undefined],
  ['1.5', '0.500000', ['0', '1'], undefined],
  ['text', '151', ['1', '2'], undefined],
  [7, '151', undefined, undefined],
])('C02: %j where the server has %j and takes %j: %s', (declared, live, range, problem) => {
  expect(valueProblem(declared, live, range)).toBe(problem)
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
