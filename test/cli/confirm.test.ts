import { expect, it } from 'vitest'
import { meaningOf } from '../../src/cli/confirm.ts'

it.each([
  ['', true],
  ['y', true],
  [' Yes ', true],
  ['n', false],
  ['NO', false],
  ['q', undefined],
  ['yes please', undefined],
])('C53: %j means %j', (answer, meaning) => {
  expect(meaningOf(answer)).toBe(meaning)
})
