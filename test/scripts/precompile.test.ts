import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ValidateFunction } from 'ajv'
import fc from 'fast-check'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKOUT } from '../../scripts/checkout.ts'
import { builtinSchemas, precompiledModule } from '../../scripts/precompile.ts'
import { MASK } from '../../src/masking/secret.ts'
import { schemaDigest, validators } from '../../src/schemas/validators.ts'

let dir: string
let schemas: readonly object[]
let precompiled: Readonly<Record<string, ValidateFunction>>

const isPrecompiled = (value: unknown): value is { PRECOMPILED: Readonly<Record<string, ValidateFunction>> } =>
  typeof value === 'object' && value !== null && 'PRECOMPILED' in value

// Inside the checkout, or what the code needs of ajv would not be found.
beforeAll(async () => {
  const cache = join(CHECKOUT, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  dir = mkdtempSync(join(cache, 'precompile-'))
  schemas = await builtinSchemas(CHECKOUT)
  const code = precompiledModule(schemas, join(CHECKOUT, 'src/schemas/ajv.ts'))
  const build = await rolldown({
    input: 'precompiled',
    platform: 'node',
    external: /^(?!precompiled$)[a-z@]/,
    plugins: [
      {
        name: 'it',
        resolveId: (id) => (id === 'precompiled' ? id : undefined),
        load: (id) => (id === 'precompiled' ? { code } : undefined),
      },
    ],
  })
  await build.write({ dir, entryFileNames: 'precompiled.mjs' })
  const module: unknown = await import(pathToFileURL(join(dir, 'precompiled.mjs')).href)
  if (!isPrecompiled(module)) throw new Error('nothing was precompiled')
  precompiled = module.PRECOMPILED
}, 60_000)
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const namesIn = (schema: object): string[] =>
  'properties' in schema && typeof schema.properties === 'object' ? Object.keys(schema.properties ?? {}) : []

/** What a check says, and what it made of the data: defaults and secrets. */
const checkedBy = (validate: ValidateFunction, data: unknown) => {
  const copy = structuredClone(data)
  const valid = validate(copy)
  const errors = valid ? [] : (validate.errors ?? []).map(({ data: _, ...error }) => error)
  return { valid, errors, made: JSON.stringify(copy) }
}

test('every built-in schema is ready, under its digest', () => {
  expect(schemas.length).toBeGreaterThan(10)
  expect(Object.keys(precompiled).sort()).toEqual(schemas.map(schemaDigest).sort())
})

test('what is compiled beforehand says the same of any data, and makes the same of it', () => {
  const ready = validators(precompiled)
  const fresh = validators({})
  for (const schema of schemas) {
    expect(ready(schema)).toBe(precompiled[schemaDigest(schema)])
    const value = fc.jsonValue({ maxDepth: 3 })
    const item = fc.record({ name: fc.string(), password: fc.string(), user: fc.string() }, { requiredKeys: [] })
    const entry = fc.tuple(fc.constantFrom(...namesIn(schema), 'other'), fc.oneof(value, fc.array(item)))
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), (entries) => {
        const data = Object.fromEntries(entries)
        expect(checkedBy(ready(schema), data)).toEqual(checkedBy(fresh(schema), data))
      }),
      { numRuns: 12 },
    )
  }
}, 180_000)

test('a schema that is not known is compiled', () => {
  const validate = validators(precompiled)({
    type: 'object',
    properties: { token: { type: 'string', secret: true }, ports: { type: 'array', items: { type: 'integer' } } },
  })
  expect(checkedBy(validate, { token: 'hunter2!', ports: [1] })).toMatchObject({
    valid: true,
    made: JSON.stringify({ token: MASK, ports: [1] }),
  })
  expect(validate({ ports: ['x'] })).toBe(false)
})
