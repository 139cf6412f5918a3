import * as exported from '../src/index.ts'
import type { FieldSchemas } from '../src/schemas/fields.ts'

/** What roles can call, by name, with the schema of each field that it takes. */
export function fieldsOfConstructors(): [name: string, fields: FieldSchemas][] {
  return Object.entries(exported).flatMap(([name, made]: [string, unknown]): [string, FieldSchemas][] =>
    hasFields(made) ? [[name, made.fields]] : [],
  )
}

const hasFields = (value: unknown): value is { readonly fields: FieldSchemas } =>
  typeof value === 'function' && 'fields' in value && value.fields !== undefined
