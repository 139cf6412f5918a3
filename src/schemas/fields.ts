import type { ErrorObject } from 'ajv'
import type { ExtendedJSONSchema, FromExtendedSchema } from 'json-schema-to-ts'
import type { Problem } from '../errors.ts'
import type { Secret, Text } from '../masking/secret.ts'
import { nameHint } from '../problems/nearest.ts'
import { steps } from '../problems/pointer.ts'
import type { Script, SecretScript } from '../shell/script.ts'
import { CODE, explain, UNDEFINED, withoutBranches } from './explain.ts'
import { validators } from './validators.ts'
import type { ValueName } from './values.ts'

/** What is added to JSON Schema for what a role hands over. */
type Extension = {
  /** A value that JSON has no word for. */
  readonly is?: ValueName
  /** May be left out, or be undefined. For a field as a whole, as in the vars of a role. */
  readonly optional?: boolean
  /** May be left out, but what is written is meant: undefined is then a mistake, not the same as left out. */
  readonly given?: boolean
}

/**
 * Schema of one field: JSON Schema (draft-07) with `description`. A field that has neither `optional` nor `given` nor a
 * `default` must be there. A default is only told: the kind itself knows what undefined means.
 */
export type FieldSchema = Exclude<ExtendedJSONSchema<Extension>, boolean> & { readonly description: string }

export type FieldSchemas = { readonly [name: string]: FieldSchema }

type Values = {
  deserialize: [
    { pattern: { is: 'text' }; output: Text },
    { pattern: { is: 'secret' }; output: Secret },
    { pattern: { is: 'bytes' }; output: Uint8Array },
    { pattern: { is: 'content' }; output: Text | Uint8Array },
    { pattern: { is: 'string or bytes' }; output: string | Uint8Array },
    { pattern: { is: 'keep' }; output: (wanted: string, present: string) => string },
    { pattern: { is: 'script' }; output: Script },
    { pattern: { is: 'script with secrets' }; output: Script | SecretScript },
  ]
}

/** Nothing that is handed over is written to; what may be left out may be undefined as well. */
type Given<T> = T extends Secret | Uint8Array | Script | SecretScript | ((...given: never[]) => unknown)
  ? T
  : T extends readonly (infer E)[]
    ? readonly Given<E>[]
    : T extends object
      ? { readonly [K in keyof T]: undefined extends T[K] ? Given<T[K]> | undefined : Given<T[K]> }
      : T

type TypeOf<V> = V extends ExtendedJSONSchema<Extension> ? Given<FromExtendedSchema<Extension, V, Values>> : never

/** The type of what a role hands over, from the schema of its fields. */
export type FieldsOf<S extends FieldSchemas> = Flat<
  {
    readonly [K in keyof S as S[K] extends MayBeUndefined | MayBeLeftOut ? never : K]: TypeOf<S[K]>
  } & {
    readonly [K in keyof S as S[K] extends MayBeUndefined ? K : never]?: TypeOf<S[K]> | undefined
  } & {
    readonly [K in keyof S as S[K] extends MayBeLeftOut ? K : never]?: TypeOf<S[K]>
  }
>

type MayBeUndefined = { readonly optional: true } | { readonly default: unknown }
type MayBeLeftOut = { readonly given: true }

/** As one object, for whoever reads it in an editor. */
type Flat<T> = { readonly [K in keyof T]: T[K] }

/** The fields as one JSON schema of an object that has no others. */
export const objectSchema = (fields: FieldSchemas): object => ({
  type: 'object',
  additionalProperties: false,
  required: Object.entries(fields).flatMap(([name, field]) => (isNeeded(field) ? [name] : [])),
  properties: Object.fromEntries(Object.entries(fields).map(([name, { default: _, ...field }]) => [name, field])),
})

export const isNeeded = (field: FieldSchema): boolean =>
  field.optional !== true && field.given !== true && field.default === undefined

// One for all: each schema is looked up, or compiled, once.
const validatorOf = validators()

export type FieldsCheck = (input: object) => readonly Problem[]

/** What is wrong with the fields of an input. The schema is compiled when it is first needed. */
export function fieldsCheck(fields: FieldSchemas): FieldsCheck {
  let validate: ReturnType<typeof validatorOf> | undefined
  return (input) => {
    validate ??= validatorOf(objectSchema(fields))
    const errors = validate(input) ? [] : (validate.errors ?? [])
    return [...withoutBranches(errors).map((error) => problemOf(error, fields)), ...undefinedFields(fields, input)]
  }
}

function problemOf(error: ErrorObject, fields: FieldSchemas): Problem {
  const path = steps(error.instancePath)
  const subject = path.map((name, i) => (/^\d+$/.test(name) ? `[${Number(name)}]` : i > 0 ? `.${name}` : name)).join('')
  const { message, hint } = explain(error, subject, false, CODE)
  if (path.length > 0) return { message, hint }
  const name: unknown = error.params.missingProperty
  // Of the input as a whole, its kind says what it is.
  if (typeof name === 'string') {
    return Object.hasOwn(Object(error.data), name)
      ? { message: `${name} was given and is undefined`, hint: UNDEFINED }
      : { message: `it needs ${name}`, hint: fields[name]?.description }
  }
  const unknown: unknown = error.params.additionalProperty
  return typeof unknown === 'string' ? { message, hint: nameHint(unknown, Object.keys(fields)) } : { message, hint }
}

const undefinedFields = (fields: FieldSchemas, input: object): Problem[] =>
  Object.entries(fields).flatMap(([name, field]) =>
    field.given && Object.hasOwn(input, name) && Reflect.get(input, name) === undefined
      ? [
          {
            message: `${name} was given and is undefined`,
            hint: `${UNDEFINED} Without ${name}, leave the field out: ...(value !== undefined && { ${name}: value })`,
          },
        ]
      : [],
  )
