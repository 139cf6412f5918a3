import { createHash } from 'node:crypto'
import type { Ajv, ValidateFunction } from 'ajv'
import { createAjv } from './ajv.ts'
import { PRECOMPILED } from './precompiled.ts'

/** Gives the validator of a schema. @throws Error when the schema itself is not valid */
export type Validators = <T = unknown>(schema: object) => ValidateFunction<T>

/** Validators that were compiled with provision itself where there is one, and ajv for a user's own roles. */
export function validators(precompiled: Readonly<Record<string, ValidateFunction>> = PRECOMPILED): Validators {
  return <T>(schema: object) => {
    const digest = schemaDigest(schema)
    // What ajv itself claims of a schema and its type.
    return (precompiled[digest] ?? compiled(digest, schema)) as ValidateFunction<T>
  }
}

function compiled(digest: string, schema: object): ValidateFunction {
  const known = COMPILED.get(digest)
  if (known) return known
  ajv ??= createAjv()
  const made = ajv.compile(schema)
  COMPILED.set(digest, made)
  return made
}

let ajv: Ajv | undefined
/**
 * What a schema compiles to depends on nothing but the schema, and compiling takes most of the time in which a project is
 * read: who reads it again in the same process finds it done.
 */
const COMPILED = new Map<string, ValidateFunction>()

/** Tells one schema from any other. */
export const schemaDigest = (schema: object): string =>
  createHash('sha256').update(JSON.stringify(schema)).digest('hex').slice(0, 32)
