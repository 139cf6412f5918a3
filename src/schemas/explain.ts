import type { ErrorObject } from 'ajv'
import { isSecret } from '../masking/secret.ts'
import { nameHint } from '../problems/nearest.ts'
import { step } from '../problems/pointer.ts'
import { wordsFor } from './values.ts'

/** An anyOf that fails reports each of its branches as well, and a pattern on names the name again: noise. */
export const withoutBranches = (errors: readonly ErrorObject[]): readonly ErrorObject[] => {
  const whole = errors.filter((error) => error.keyword === 'anyOf' || error.keyword === 'oneOf')
  return errors.filter(
    (error) =>
      error.propertyName === undefined &&
      !whole.some((one) => one !== error && error.schemaPath.startsWith(one.schemaPath)),
  )
}

/** The JSON pointer of what is wrong. */
export const placeOf = (error: ErrorObject): string => {
  const name = text(error.params.additionalProperty) ?? text(error.params.propertyName)
  if (name !== undefined) return error.instancePath + step(name)
  // The later of two that are the same: the list itself is in order.
  return error.keyword === 'uniqueItems' ? error.instancePath + step(secondOf(error)) : error.instancePath
}

export interface Explained {
  readonly message: string
  readonly hint?: string | undefined
}

/** How things are called where the data comes from: YAML, or TypeScript. */
export interface Terms {
  /** What a mapping has. */
  readonly key: string
  readonly null: string
}

/**
 * What an error of ajv's (verbose) says, for people.
 * @param subject what the message is about
 * @param hidden the value is a secret: it is never shown
 */
export function explain(error: ErrorObject, subject: string, hidden: boolean, terms: Terms): Explained {
  const hint = text(error.parentSchema?.description)
  const wrong = text(error.params.additionalProperty)
  if (wrong !== undefined) return { message: `unknown ${terms.key} '${wrong}'`, hint: nameHint(wrong, keysOf(error)) }
  const missing = text(error.params.missingProperty)
  if (missing !== undefined) {
    const given = typeof error.data === 'object' && error.data !== null && missing in error.data
    return given
      ? { message: `'${missing}' of ${subject} was given and is undefined`, hint: UNDEFINED }
      : { message: `${subject} lacks '${missing}'` }
  }
  const badName = text(error.params.propertyName)
  if (badName !== undefined) return { message: `'${badName}' is no valid name`, hint: 'letters, digits, _ . -' }
  if (WANTED.has(error.keyword)) {
    const wanted = wantedBy(error)
    const isUnquoted = terms === YAML && typeof error.data === 'boolean' && wanted.includes('string')
    return {
      message: `${subject} is ${shownKind(error.data, hidden, terms)}, must be ${wanted}`,
      hint: isUnquoted ? 'quote it, to have it as text' : wantsScript(error) ? scriptHint(subject) : hint,
    }
  }
  if (error.keyword === 'enum') return explainEnum(error, subject, hidden, terms)
  if (error.keyword === 'uniqueItems') return { message: `${subject} has ${doubled(error, hidden)} twice` }
  const shown = typeof error.data === 'object' || hidden ? '' : ` is ${JSON.stringify(error.data)}:`
  return { message: `${subject}${shown} ${reasonOf(error, hint)}`, hint }
}

const wantsScript = ({ keyword, params, data }: ErrorObject): boolean =>
  keyword === 'is' && String(params.is).startsWith('script') && (typeof data === 'string' || Array.isArray(data))

/** For text where sh is wanted. @param name of the field, as it is written */
export const scriptHint = (name: string): string =>
  `put sh in front of it, and write values as \${…}: each becomes one quoted word. ${name.replace(/^.*\./, '')}: sh\`test -e \${path}\`; import { sh } from 'provision'`

const secondOf = ({ params }: ErrorObject): number => Math.max(Number(params.i), Number(params.j))

const doubled = (error: ErrorObject, hidden: boolean): string => {
  const item: unknown = Array.isArray(error.data) ? error.data[secondOf(error)] : undefined
  return hidden || typeof item !== 'string' ? 'an element' : `'${item}'`
}

/** For what was meant to be given. */
export const UNDEFINED = 'is the name right that it comes from?'

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** A pattern or a choice of schemas says little to people; the description does, where there is one. */
const reasonOf = (error: ErrorObject, description: string | undefined): string =>
  OPAQUE.has(error.keyword) && description !== undefined ? 'not valid' : (error.message ?? 'not valid')

const OPAQUE = new Set(['pattern', 'anyOf', 'oneOf', 'not'])

function explainEnum(error: ErrorObject, subject: string, hidden: boolean, terms: Terms): Explained {
  const allowed: unknown = error.params.allowedValues
  const names = Array.isArray(allowed) ? allowed.map(String) : []
  const near = typeof error.data === 'string' && !hidden ? nameHint(error.data, names) : undefined
  const plain = (typeof error.data !== 'object' && typeof error.data !== 'function') || error.data === null
  const value = plain && !hidden ? JSON.stringify(error.data) : kindOf(error.data, terms)
  return {
    message: `${subject} is ${value}, must be one of ${names.join(', ')}`,
    hint: near?.startsWith('did') ? near : undefined,
  }
}

/** The keys that the schema around an unknown key knows. */
const keysOf = (error: ErrorObject): string[] => {
  const properties: unknown = error.parentSchema?.properties
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : []
}

/** Keywords that say what kind of value is wanted. */
const WANTED = new Set(['type', 'is'])

const wantedBy = ({ keyword, params }: ErrorObject): string => {
  if (keyword === 'is') return wordsFor(String(params.is))
  const types: unknown = params.type
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
  function: 'a function',
  undefined: 'undefined',
}

/** A number says more than that it is one; text might be a password. */
const shownKind = (value: unknown, hidden: boolean, terms: Terms): string =>
  terms === CODE && typeof value === 'number' && !hidden ? `the number ${value}` : kindOf(value, terms)

const kindOf = (value: unknown, terms: Terms): string => {
  if (value === null) return terms.null
  if (isSecret(value)) return 'a secret'
  if (value instanceof Uint8Array) return 'bytes'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'number' && !Number.isInteger(value)) return 'a fraction'
  return ARTICLES[typeof value] ?? 'a value'
}

export const YAML: Terms = { key: 'key', null: 'empty' }
export const CODE: Terms = { key: 'field', null: 'null' }
