import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv, type ValidateFunction } from 'ajv'

const SCHEMA = join(fileURLToPath(new URL('../..', import.meta.url)), 'schema/events.json')

/**
 * What schema/events.json has against lines of events, with the first such line of each kind. Readers are promised that
 * fields may come; here one that is in no type is a fault.
 */
export function againstContract(lines: Iterable<unknown>): string[] {
  const found = new Map<string, string>()
  for (const line of lines) {
    const type = isFields(line) ? String(line.type) : 'none'
    const validate = validatorOf(type)
    // As a reader gets it: what is undefined is not there.
    const read: unknown = JSON.parse(JSON.stringify(line))
    if (validate?.(read)) continue
    const why = validate ? schemas().ajv.errorsText(validate.errors, { dataVar: type }) : `no event is called ${type}`
    const about = why + (validate?.errors ?? []).map(({ params }) => ` ${JSON.stringify(params)}`).join('')
    if (!found.has(about)) found.set(about, `${about}: ${JSON.stringify(line).slice(0, 300)}`)
  }
  return [...found.values()]
}

/** Compiled when an event of the type is seen first, for all tests of a process. */
const validatorOf = (type: string): ValidateFunction | undefined => {
  const { ajv, names } = schemas()
  const name = names.get(type)
  return name === undefined ? undefined : ajv.getSchema(`events#/definitions/${name}`)
}

const schemas = once(() => {
  const ajv = new Ajv({ allowUnionTypes: true })
  const schema: unknown = JSON.parse(readFileSync(SCHEMA, 'utf8'), (_, value: unknown) => closed(value))
  if (!isFields(schema) || !isFields(schema.definitions)) throw new Error('schema/events.json has no definitions')
  ajv.addSchema(schema, 'events')
  const types = Object.entries(schema.definitions).flatMap(([name, one]) => {
    const type = isFields(one) && isFields(one.properties) && isFields(one.properties.type) && one.properties.type.const
    return typeof type === 'string' ? [[type, name] as const] : []
  })
  return { ajv, names: new Map(types) }
})

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A mapping with named fields has no others. */
const closed = (value: unknown): unknown =>
  isFields(value) && value.type === 'object' && 'properties' in value
    ? { ...value, additionalProperties: false }
    : value

/** What is wrong with the order of a run's events; docs/events.md promises it. */
export function againstOrder(all: readonly { readonly type: string; readonly host?: string }[]): string[] {
  const events = all.filter(({ type }) => !['header', 'warning'].includes(type))
  const faults: string[] = []
  const types = events.map(({ type }) => type)
  if (types[0] !== 'run-started') faults.push(`the first is ${types[0]}`)
  if (!['run-finished', 'input-errors'].includes(types.at(-1) ?? '')) faults.push(`the last is ${types.at(-1)}`)
  for (const once of ['run-started', 'run-finished'])
    if (types.filter((type) => type === once).length > 1) faults.push(`${once} is there more than once`)
  const hosts = new Set(events.flatMap(({ host }) => host ?? []))
  for (const host of hosts) {
    const own = events.filter((event) => event.host === host).map(({ type }) => type)
    const places = STAGES.map((type) => [own.indexOf(type), type] as const).filter(([at]) => at >= 0)
    const sorted = places.toSorted(([a], [b]) => a - b)
    if (sorted.some(([, type], i) => type !== places[i]?.[1])) faults.push(`${host}: ${own.join(' ')}`)
    if (own.filter((type) => type === 'host-finished').length > 1) faults.push(`${host} is finished more than once`)
    const end = own.indexOf('host-finished')
    if (end >= 0 && own.slice(end).includes('step-started')) faults.push(`${host}: a step after its end`)
  }
  return faults
}

const STAGES = ['host-probing', 'host-planned', 'host-started', 'host-finished']
