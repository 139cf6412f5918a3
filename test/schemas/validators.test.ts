import { expect, test } from 'vitest'
import { validators } from '../../src/schemas/validators.ts'

const schemaOf = (type: string) => ({ type: 'object', properties: { port: { type } } })

test('a schema is compiled once in a process, whoever reads by it and from wherever it comes', () => {
  const validate = validators()(schemaOf('integer'))
  expect(validators()(schemaOf('integer'))).toBe(validate)
  expect(validators()(schemaOf('string'))).not.toBe(validate)
})

test('what was wrong with one value is not said of the next', () => {
  const validate = validators()(schemaOf('integer'))
  expect(validate({ port: 'x' })).toBe(false)
  expect(validate.errors).toHaveLength(1)
  expect(validators()(schemaOf('integer'))({ port: 1 })).toBe(true)
  expect(validate.errors).toBeNull()
})

test('a schema that is wrong is refused each time', () => {
  for (const _ of [1, 2]) expect(() => validators()(schemaOf('number of a port'))).toThrow(/number of a port/)
})
