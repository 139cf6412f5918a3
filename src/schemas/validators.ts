import { createHash } from 'node:crypto'
import type { Ajv, ValidateFunction } from 'ajv'
import { createAjv } from './ajv.ts'
import { PRECOMPILED } from './precompiled.ts'

/** Gives the validator of a schema. @throws Error when the schema itself is not valid */
export type Validators = <T = unknown>(schema: object) => ValidateFunction<T>

/** Validators that were compiled with provision itself where there is one, and ajv for a user's own roles. */
export function validators(precompiled: Readonly<Record<string, ValidateFunction>> = PRECOMPILED): Validators {
  let ajv: Ajv | undefined
  return <T>(schema: object) => {
    const ready = precompiled[schemaDigest(schema)]
    // What ajv itself claims of a schema and its type.
    if (ready) return ready as ValidateFunction<T>
    ajv ??= createAjv()
    return ajv.compile<T>(schema)
  }
}

/** Tells one schema from any other. */
export const schemaDigest = (schema: object): string =>
  createHash('sha256').update(JSON.stringify(schema)).digest('hex').slice(0, 32)
