import { describe, expect, test } from 'vitest'
import { type MysqlVariableState, mysqlVariableKind } from '../../../../src/products/mysql/kinds/variable.ts'
import type { MysqlVariable } from '../../../../src/products/mysql/kinds/variable-model.ts'
import { own } from '../../../resources/answers.ts'
import { answer, row, UNDECIDED, WRITABLE } from './answer.ts'

const STATE: MysqlVariableState = {
  server: 'writable',
  version: '9.7.4-2',
  live: '0',
  unit: 1,
  range: undefined,
  persisted: undefined,
  given: undefined,
  nearest: undefined,
}
const diff = (desired: MysqlVariable, state: Partial<MysqlVariableState>) =>
  mysqlVariableKind.diff(desired, { ...STATE, ...state })

describe('what a server can not be brought to is refused in the plan', () => {
  test.each<[string, MysqlVariable, Partial<MysqlVariableState>, string]>([
    [
      'C08: what the data directory was made with',
      { name: 'lower_case_table_names', value: 1 },
      { range: ['0', '2'] },
      "lower_case_table_names is 0 since the data directory was made, and can't become 1",
    ],
    [
      'C08: in another unit too',
      { name: 'innodb_page_size', value: '8K' },
      { live: '16384' },
      "innodb_page_size is 16384 since the data directory was made, and can't become 8K",
    ],
    [
      'C08: what the server made itself',
      { name: 'server_uuid', value: 'x' },
      { live: 'y' },
      "server_uuid can't be set",
    ],
    [
      'C09: a name that it does not have',
      { name: 'max_conections', value: 1 },
      { live: undefined, nearest: 'max_connections' },
      "MySQL 9.7.4-2 has no variable 'max_conections'",
    ],
    [
      'C02: a number that it does not take',
      { name: 'max_connections', value: 0 },
      { live: '151', range: ['1', '100000'] },
      "max_connections can't be 0: it takes 1 to 100000",
    ],
  ])('%s', (_, desired, state, message) => {
    expect(() => diff(desired, state)).toThrow(message)
  })

  test('C08: the same value as the data directory has is no change', () => {
    expect(diff({ name: 'lower_case_table_names', value: 1 }, { live: '1' })).toBeUndefined()
    expect(diff({ name: 'innodb_page_size', value: '16K' }, { live: '16384' })).toBeUndefined()
  })
})

test('C02: what the server has made of a number is told; of a word or a size of its own choice it is not', () => {
  const notes = (value: number | string, live: string) =>
    mysqlVariableKind.notes?.({ name: 'x', value }, { ...STATE, live, given: String(value) })
  expect(notes(1_000_000, '999424')).toEqual(['the server makes 999424 of 1000000'])
  expect(notes(2, 'ALWAYS')).toEqual([])
  expect(notes(-1, '5000')).toEqual([])
  expect(notes('1M', '1048576')).toEqual([])
})

test('C69: variables of a server that has yet to join its group are known after that', () => {
  const all = [{ name: 'back_log', value: 9, joins: true }]
  const live = row('variable', 'back_log', '80', '1', '0', '65535')
  const empty = row('server', 'writable', '9.7.4-2', '1')
  const parsed = (server: string, desired: MysqlVariable[] = all) =>
    mysqlVariableKind.parse(own(answer(server, live)), desired).get('back_log')
  expect(parsed(empty)).toBe('unknown')
  expect(parsed(UNDECIDED)).toBe('unknown')
  expect(parsed(WRITABLE)).toMatchObject({ live: '80' })
  expect(parsed(empty, [{ name: 'back_log', value: 9 }])).toMatchObject({ live: '80' })
})
