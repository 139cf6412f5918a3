import { createRequire } from 'node:module'
import type { Ajv, CodeOptions } from 'ajv'
import { type SecretValue, secret } from '../masking/secret.ts'
import { isValue } from './values.ts'

const load = createRequire(import.meta.url)

/**
 * How ajv is used here: all errors, with what they are about; defaults inside values are filled in, and what a schema
 * calls `secret` becomes one; `is` names values that JSON has no word for. Schemas are not checked against the meta-schema, which costs more than all else on each
 * start: strict mode finds unknown keywords and values of the wrong kind as well.
 * @param code how its code is made. Making it shorter takes most of the time of a compilation, so by default it is not.
 */
export function createAjv(code: CodeOptions = { optimize: false }): Ajv {
  // Loaded only here: a run that has all schemas ready does without it, and it is the slowest package to load.
  const { Ajv, _ }: typeof import('ajv') = load('ajv')
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    useDefaults: true,
    meta: false,
    validateSchema: false,
    code,
  })
  ajv.addKeyword({ keyword: 'optional', schemaType: 'boolean' })
  ajv.addKeyword({ keyword: 'given', schemaType: 'boolean' })
  ajv.addKeyword({
    keyword: 'is',
    schemaType: 'string',
    error: { message: ({ schema }) => _`"must be " + ${schema}`, params: ({ schema }) => _`{ is: ${schema} }` },
    code(context) {
      const { gen, schema, data } = context
      const test = gen.scopeValue('func', { ref: isValue, code: _`isValue` })
      context.pass(_`${test}(${schema}, ${data})`)
    },
  })
  ajv.addKeyword({
    keyword: 'secret',
    schemaType: 'boolean',
    // After all other keywords: those look at the plain value.
    post: true,
    errors: false,
    // As code, and not as a function, so that a schema can be compiled when provision is built.
    code({ gen, schema, data, it: { parentData, parentDataProperty } }) {
      if (schema !== true) return
      const conceal = gen.scopeValue('func', { ref: concealIn, code: _`concealIn` })
      gen.code(_`${conceal}(${parentData}, ${parentDataProperty}, ${data})`)
    },
  })
  return ajv
}

// Compiled schemas import it from here.
export { isValue } from './values.ts'

/** Puts a secret in the place of a plain value. What is no value (a list, a mapping) stays: its own values may be secret. */
export function concealIn(parent: unknown, key: string | number, value: unknown): void {
  if (typeof parent === 'object' && parent !== null && isSecretValue(value)) Reflect.set(parent, key, secret(value))
}

const isSecretValue = (data: unknown): data is SecretValue =>
  typeof data === 'string' || typeof data === 'number' || typeof data === 'boolean'
