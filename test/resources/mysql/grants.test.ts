import { describe, expect, test } from 'vitest'
import { declared, objectKey } from '../../../src/resources/mysql/grants.ts'

describe('declared grants', () => {
  test('name databases, not patterns, and add up', () => {
    const grants = declared([
      { on: 'my_shop%.*', privileges: ['select'] },
      { on: 'my_shop%.*', privileges: [' INSERT '], grantOption: true },
      { on: 'my_shop.t_1', privileges: ['SELECT'] },
      { on: '*.*', privileges: ['USAGE'] },
    ])
    expect([...grants].map(([key, privileges]) => [key, [...privileges]])).toEqual([
      [objectKey('my\\_shop\\%', '*'), ['SELECT', 'INSERT', 'GRANT OPTION']],
      [objectKey('my_shop', 't_1'), ['SELECT']],
      [objectKey('*', '*'), []],
    ])
  })

  test.each([
    ['shop', ['SELECT']],
    ['*.t', ['SELECT']],
    ['a.b.c', ['SELECT']],
    ['*.*', ['ALL']],
    ['shop.*', ['PROCESS']],
    ['shop.t', ['EXECUTE']],
    ['shop.*', ['SELECT; DROP']],
    ['shop.*', ['GRANT OPTION']],
  ])('on %s %j are none', (on, privileges) => {
    expect(() => declared([{ on, privileges }])).toThrow(RangeError)
  })
})
