import type { ErrorObject, ValidateFunction } from 'ajv'
import type { Problem } from '../errors.ts'
import type { Origins } from './inventory.ts'
import { dotted, nameHint, originAt, step, steps } from './problems.ts'

/**
 * Draws a problem from each of ajv's errors (allErrors and verbose on).
 * @param suffix ends each message, e.g. ` (role nginx)`.
 * @param isSecret whether the value at a JSON pointer is a secret whatever the schema says; it is never shown.
 */
export function problemsOf(
  errors: readonly ErrorObject[],
  origins: Origins,
  suffix = '',
  isSecret: (pointer: string) => boolean = () => false,
): Problem[] {
  return withoutBranches(errors).map((error) => {
    const pointer = placeOf(error)
    const { message, hint } = explain(error, isSecretSchema(error) || isSecret(error.instancePath))
    return { message: message + suffix, origin: originAt(origins, pointer), path: dotted(pointer), hint }
  })
}

/** An anyOf that fails reports each of its branches as well, and a pattern on names the name again: noise. */
const withoutBranches = (errors: readonly ErrorObject[]): readonly ErrorObject[] => {
  const whole = errors.filter((error) => error.keyword === 'anyOf' || error.keyword === 'oneOf')
  return errors.filter(
    (error) =>
      error.propertyName === undefined &&
      !whole.some((one) => one !== error && error.schemaPath.startsWith(one.schemaPath)),
  )
}

/** The JSON pointer of what is wrong. */
const placeOf = (error: ErrorObject): string => {
  const name = text(error.params.additionalProperty) ?? text(error.params.propertyName)
  return name === undefined ? error.instancePath : error.instancePath + step(name)
}

interface Explained {
  readonly message: string
  readonly hint?: string | undefined
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

function explain(error: ErrorObject, hidden: boolean): Explained {
  const name = steps(error.instancePath).at(-1)
  const subject = name === undefined ? 'the file' : /^\d+$/.test(name) ? `element ${Number(name) + 1}` : name
  const hint = descriptionOf(error)
  const wrong = text(error.params.additionalProperty)
  if (wrong !== undefined) return { message: `unknown key '${wrong}'`, hint: nameHint(wrong, keysOf(error)) }
  const missing = text(error.params.missingProperty)
  if (missing !== undefined) return { message: `${subject} lacks '${missing}'` }
  const badName = text(error.params.propertyName)
  if (badName !== undefined) return { message: `'${badName}' is no valid name`, hint: 'letters, digits, _ . -' }
  if (error.keyword === 'type')
    return { message: `${subject} is ${kindOf(error.data)}, must be ${wanted(error)}`, hint }
  if (error.keyword === 'enum') return explainEnum(error, subject, hidden)
  const shown = typeof error.data === 'object' || hidden ? '' : ` is ${JSON.stringify(error.data)}:`
  return { message: `${subject}${shown} ${reasonOf(error, hint)}`, hint }
}

/** A pattern or a choice of schemas says little to people; the description does, where there is one. */
const reasonOf = (error: ErrorObject, description: string | undefined): string =>
  OPAQUE.has(error.keyword) && description !== undefined ? 'not valid' : (error.message ?? 'not valid')

const OPAQUE = new Set(['pattern', 'anyOf', 'oneOf', 'not'])

function explainEnum(error: ErrorObject, subject: string, hidden: boolean): Explained {
  const allowed: unknown = error.params.allowedValues
  const names = Array.isArray(allowed) ? allowed.map(String) : []
  const near = typeof error.data === 'string' && !hidden ? nameHint(error.data, names) : undefined
  const value = typeof error.data === 'object' || hidden ? kindOf(error.data) : JSON.stringify(error.data)
  return {
    message: `${subject} is ${value}, must be one of ${names.join(', ')}`,
    hint: near?.startsWith('did') ? near : undefined,
  }
}

/** The value of a secret is never shown, least of all in a message. */
const isSecretSchema = (error: ErrorObject): boolean => error.parentSchema?.secret === true

/** The keys that the schema around an unknown key knows. */
const keysOf = (error: ErrorObject): string[] => {
  const properties: unknown = error.parentSchema?.properties
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : []
}

const descriptionOf = (error: ErrorObject): string | undefined => text(error.parentSchema?.description)

const wanted = (error: ErrorObject): string => {
  const types: unknown = error.params.type
  const names = Array.isArray(types) ? types.map(String) : String(types).split(',')
  return names.map((name) => ARTICLES[name] ?? name).join(' or ')
}

const ARTICLES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  array: 'a list',
  null: 'empty',
}

const kindOf = (value: unknown): string => {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'number' && !Number.isInteger(value)) return 'a fraction'
  return ARTICLES[typeof value] ?? 'a value'
}

/**
 * Checks data against a compiled schema. What is wrong is reported and then taken out, so that the rest can still be
 * looked at and all problems come at once.
 * @returns value: undefined when nothing valid is left.
 */
export function checked<T>(
  validate: ValidateFunction<T>,
  value: unknown,
  origins: Origins,
): { readonly value: T | undefined; readonly problems: readonly Problem[] } {
  if (validate(value)) return { value, problems: [] }
  const problems = problemsOf(validate.errors ?? [], origins)
  let rest: unknown = structuredClone(value)
  // Each round takes at least one thing out, so there is an end.
  while (rest !== undefined) {
    if (validate(rest)) return { value: rest, problems }
    const error = withoutBranches(validate.errors ?? [])[0]
    rest = error === undefined ? undefined : without(rest, steps(placeOf(error)))
  }
  return { value: undefined, problems }
}

/** The data without the value at a path: of a list, the element is taken out. */
function without(data: unknown, path: readonly string[]): unknown {
  const [key, ...deeper] = path
  if (key === undefined || typeof data !== 'object' || data === null) return undefined
  if (Array.isArray(data)) {
    return data.flatMap((item: unknown, i) => {
      if (String(i) !== key) return [item]
      const left = without(item, deeper)
      return left === undefined ? [] : [left]
    })
  }
  return Object.fromEntries(
    Object.entries(data).flatMap(([name, value]: [string, unknown]) => {
      if (name !== key) return [[name, value]]
      const left = without(value, deeper)
      return left === undefined ? [] : [[name, left]]
    }),
  )
}
