import { expect, test } from 'vitest'
import { mysqlUserKind } from '../../../../src/products/mysql/kinds/user.ts'
import { own } from '../../../resources/answers.ts'
import { answer, row, WRITABLE } from './answer.ts'

const USER = row('user', 'shop', 'localhost', 'auth_socket', '', '')
const parsed = (desired: Parameters<typeof mysqlUserKind.diff>[0], ...rows: string[]) =>
  mysqlUserKind.parse(own(answer(...rows)), [desired]).get('shop@localhost')

test('C26: what is done by hand to an account and is left alone is told', () => {
  const desired = { name: 'shop', host: 'localhost' }
  const aside = ['locked', 'second password', 'routines'].map((what) => row('aside', 'shop', 'localhost', what))
  const actual = parsed(desired, WRITABLE, USER, ...aside)
  if (actual === undefined || actual === 'unknown') throw new Error('not read')
  expect(mysqlUserKind.diff(desired, actual)).toBeUndefined()
  expect(mysqlUserKind.notes?.(desired, actual)).toEqual([
    "it is locked (ACCOUNT LOCK) and can't log in",
    'an older password of it is still valid (RETAIN CURRENT PASSWORD)',
    'it has privileges on routines, which are left alone',
  ])
})

test('C03: the run that switches partial_revokes stores names of databases for what comes after it', () => {
  const grants = [{ on: 'shop_prod.*', privileges: ['SELECT'] }]
  const stored = row('grant', "'shop'@'localhost'", 'shop\\_prod', '*', 'SELECT', 'NO')
  const changes = (partialRevokes?: boolean) => {
    const desired = { name: 'shop', host: 'localhost', grants, partialRevokes }
    const actual = parsed(desired, WRITABLE, row('patterns', '0'), USER, stored)
    if (actual === undefined || actual === 'unknown') throw new Error('not read')
    return mysqlUserKind.diff(desired, actual)?.fields.map(({ field }) => field)
  }
  expect(changes()).toBeUndefined()
  expect(changes(false)).toBeUndefined()
  expect(changes(true)).toEqual(['grants on shop_prod.*', 'grants on shop\\_prod.*'])
})

test('C69: accounts of a server that has yet to join its group are known after that', () => {
  const empty = row('server', 'writable', '9.7.4-2', '1')
  expect(parsed({ name: 'shop', host: 'localhost', joins: true }, empty)).toBe('unknown')
  expect(parsed({ name: 'shop', host: 'localhost' }, empty)).toMatchObject({ found: undefined })
})
