import { describe, expect, test } from 'vitest'
import { declared, grantChanges, objectKey } from '../../../../src/products/mysql/kinds/grants.ts'

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

  test('C03: with partial_revokes names of databases are stored as they are', () => {
    const grants = [{ on: 'shop_prod.*', privileges: ['SELECT'] }]
    expect([...declared(grants, true).keys()]).toEqual([objectKey('shop_prod', '*')])
    expect([...declared(grants, false).keys()]).toEqual([objectKey('shop\\_prod', '*')])
  })

  test.each([
    [true, 'grants on shop_prod.*', 'grants on shop\\_prod.*'],
    [false, 'grants on shop_prod.*', 'grants on shop_prod.* (a pattern)'],
  ])('C03: when it is switched (now %s) the other form is told apart', (literal, missing, surplus) => {
    const wanted = declared([{ on: 'shop_prod.*', privileges: ['SELECT'] }], literal)
    const actual = declared([{ on: 'shop_prod.*', privileges: ['SELECT'] }], !literal)
    expect(grantChanges(wanted, actual, literal).map(({ field }) => field)).toEqual([
      { field: missing, from: undefined, to: 'SELECT' },
      { field: surplus, from: 'SELECT', to: undefined },
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
