import type { Origin, Problem } from '../errors.ts'
import type { Host } from '../inventory/inventory.ts'
import { isSecret, masked, reveal } from '../masking/secret.ts'
import { placeText } from '../problems/place.ts'
import type { FieldSchemas } from '../schemas/fields.ts'
import type { CompiledResource } from './compiled.ts'

interface Merged {
  readonly resources: readonly CompiledResource[]
  readonly problems: readonly Problem[]
}

/**
 * Roles compose: what several of them declare alike is one resource, at the place of the first, which calls for the handlers of
 * all. Where they differ, nobody can tell which one is meant.
 */
export function declaredOnce(resources: readonly CompiledResource[], host: Host): Merged {
  const first = new Map<string, CompiledResource>()
  const problems: Problem[] = []
  for (const resource of resources) {
    const other = first.get(resource.key)
    if (other === undefined) {
      first.set(resource.key, resource)
      continue
    }
    const fields = differences(other, resource)
    if (fields.length === 0) first.set(resource.key, withHandlers(other, resource))
    else problems.push(conflict(other, resource, fields, host))
  }
  return { resources: [...first.values()], problems }
}

const withHandlers = (one: CompiledResource, other: CompiledResource): CompiledResource => {
  const known = new Set(one.notify.map(({ id }) => id))
  const more = other.notify.filter(({ id }) => !known.has(id))
  return more.length === 0 ? one : { ...one, notify: [...one.notify, ...more] }
}

/** What was given to the constructor, where the kind takes it in another form. */
const givenTo = ({ given, desired }: CompiledResource): Readonly<Record<string, unknown>> => fieldsOf(given ?? desired)

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}

/** Names of the fields in which two declarations of one thing differ; what has a default may be left out. */
function differences(one: CompiledResource, other: CompiledResource): string[] {
  if (one.kind !== other.kind) return ['kind']
  const [a, b] = [givenTo(one), givenTo(other)]
  const value = (fields: Readonly<Record<string, unknown>>, name: string): unknown =>
    fields[name] === undefined ? defaultOf(one.fields, name) : fields[name]
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => !isSame(value(a, name), value(b, name)))
}

const defaultOf = (fields: FieldSchemas | undefined, name: string): unknown =>
  fields !== undefined && Object.hasOwn(fields, name) ? fields[name]?.default : undefined

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (isSecret(a) || isSecret(b)) return isSecret(a) && isSecret(b) && reveal(a) === reveal(b)
  if (typeof a === 'function' && typeof b === 'function') return String(a) === String(b)
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0
  }
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [from, to] = [fieldsOf(a), fieldsOf(b)]
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].every((name) => isSame(from[name], to[name]))
}

function conflict(one: CompiledResource, other: CompiledResource, fields: readonly string[], host: Host): Problem {
  const [a, b] = [givenTo(one), givenTo(other)]
  const differs = fields.map((name) => `${name} (${shown(a[name])}, ${shown(b[name])})`)
  const [first, second] = [one.declaredAt?.(), other.declaredAt?.()]
  return {
    message: `${one.key} is declared ${by(one, first)} and ${by(other, second)}, and they differ in ${differs.join(', ')}`,
    origin: second ?? first,
    hint: 'declare it alike in both, or in one of them only',
    hosts: [host.name],
  }
}

const by = ({ role }: CompiledResource, origin: Origin | undefined): string =>
  `by role '${role}'${origin === undefined ? '' : ` (${placeText(origin)})`}`

/** A value in a word or two; what is long says only that it is there. */
function shown(value: unknown): string {
  if (value === undefined) return 'not set'
  if (isSecret(value)) return masked(value)
  if (typeof value === 'function') return 'a function'
  if (value instanceof Uint8Array) return `${value.length} bytes`
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return text.length > 40 || text.includes('\n') ? `${[...text.replaceAll(/\s+/g, ' ')].slice(0, 30).join('')}…` : text
}
