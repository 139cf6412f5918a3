import type { Problem } from '../errors.ts'
import type { Origins, Value, Vars } from '../inventory/inventory.ts'
import { originAt } from '../inventory/origins.ts'
import { isMapping } from '../inventory/vars.ts'
import { writtenAt } from '../inventory/written.ts'
import { isSecret, plainValue, secret } from '../masking/secret.ts'
import { dotted, step } from '../problems/pointer.ts'

/**
 * Vars with the text of a number where a role takes text: what was written arrives (`0042`, `7225e2`, more digits than a
 * number keeps), not what YAML makes of it. Where a role takes numbers, too, one that reads the same is left.
 * @param schema of the whole, as it is written for ajv
 */
export function withWantedText(vars: Vars, schema: object, origins: Origins): Vars {
  return mapped(vars, [schema], '', origins)
}

const mapped = (vars: Vars, schemas: readonly object[], pointer: string, origins: Origins): Vars =>
  Object.fromEntries(
    Object.entries(vars).map(([name, value]) => [
      name,
      wanted(value, inside(schemas, name), pointer + step(name), origins),
    ]),
  )

function wanted(value: Value, schemas: readonly object[], pointer: string, origins: Origins): Value {
  if (isSecret(value)) {
    const plain = plainValue(value)
    if (typeof plain !== 'number') return value
    // An encrypted number is its text; nothing else of it was kept.
    return takesText(schemas) && !takesNumber(schemas, plain) ? secret(String(plain)) : value
  }
  if (Array.isArray(value)) {
    return value.map((item: Value, i) => wanted(item, elements(schemas), pointer + step(i), origins))
  }
  if (isMapping(value)) return mapped(value, schemas, pointer, origins)
  if (typeof value !== 'number' || !takesText(schemas)) return value
  const text = writtenAt(origins, pointer) ?? String(value)
  return text !== String(value) || !takesNumber(schemas, value) ? text : value
}

/** Whole numbers that are no longer what was written, where a role takes nothing but a number. */
export function lostDigits(vars: Vars, origins: Origins, suffix: string): Problem[] {
  return numbersIn(vars, '').flatMap(([pointer, value]) => {
    const text = writtenAt(origins, pointer)
    if (text === undefined || Number.isSafeInteger(value) || !/^[-+]?\d+$/.test(text)) return []
    return {
      message: `${dotted(pointer)} has more digits than a number keeps${suffix}`,
      origin: originAt(origins, pointer),
      path: dotted(pointer),
      hint: `whole numbers go up to ${Number.MAX_SAFE_INTEGER}`,
    }
  })
}

const numbersIn = (value: Value, pointer: string): [string, number][] => {
  if (typeof value === 'number') return [[pointer, value]]
  if (typeof value !== 'object' || value === null || isSecret(value)) return []
  return Object.entries(value).flatMap(([key, inner]: [string, Value]) => numbersIn(inner, pointer + step(key)))
}

/** Schemas, each with all that it is made of. */
const branches = (schema: object): object[] => [
  schema,
  ...['anyOf', 'oneOf', 'allOf'].flatMap((name) => objects(Reflect.get(schema, name)).flatMap(branches)),
]

const inside = (schemas: readonly object[], name: string): object[] =>
  schemas.flatMap(branches).flatMap((schema) => {
    const properties: unknown = Reflect.get(schema, 'properties')
    const own: unknown = isObject(properties) && Object.hasOwn(properties, name) && Reflect.get(properties, name)
    return isObject(own) ? [own] : objects([Reflect.get(schema, 'additionalProperties')])
  })

const elements = (schemas: readonly object[]): object[] =>
  schemas.flatMap(branches).flatMap((schema) => objects([Reflect.get(schema, 'items')]))

const typesOf = (schemas: readonly object[]): unknown[] =>
  schemas.flatMap(branches).flatMap((schema) => {
    const type: unknown = Reflect.get(schema, 'type')
    return Array.isArray(type) ? type : [type]
  })

const takesText = (schemas: readonly object[]): boolean => typesOf(schemas).includes('string')

const takesNumber = (schemas: readonly object[], value: number): boolean => {
  const types = typesOf(schemas)
  return types.includes('number') || (types.includes('integer') && Number.isInteger(value))
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
const objects = (values: unknown): object[] => (Array.isArray(values) ? values.filter(isObject) : [])
