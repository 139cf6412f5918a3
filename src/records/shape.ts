import type { Event } from '../execute/events.ts'
import { RECORD_FORMAT, RECORD_VERSION, type RecordEnd, type RecordHead } from './record.ts'

/** A line of a record, of which no more is known. */
export type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Undefined: the line is no JSON object. */
export function fieldsIn(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isFields(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The line that a record begins with. */
export const headLine = (head: RecordHead) => ({
  type: 'record' as const,
  format: RECORD_FORMAT,
  version: RECORD_VERSION,
  ...head,
})
/** The line before all others in a record that is whole. */
export const indexLine = (head: RecordHead, end: RecordEnd) => ({ ...headLine(head), end })
/** The last line of a record. */
export const endLine = (end: RecordEnd) => ({ type: 'record-end' as const, ...end })
/** An event and the milliseconds from the run's begin. */
export const eventLine = (event: Event, at: number) => ({ ...event, at: Math.round(at) })

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')

/** What this version can go by; undefined: it is no line that a record begins with. */
export function headIn(fields: Fields | undefined): RecordHead | undefined {
  return fields !== undefined && isHead(fields) ? fields : undefined
}

const isHead = (fields: Fields): fields is Fields & RecordHead =>
  fields.type === 'record' &&
  fields.format === RECORD_FORMAT &&
  fields.version === RECORD_VERSION &&
  ['id', 'began', 'project', 'inventory'].every((name) => typeof fields[name] === 'string') &&
  typeof fields.check === 'boolean' &&
  [fields.argv, fields.again, fields.limit].every(isTexts) &&
  isController(fields.by)

const isController = (by: unknown): boolean =>
  isFields(by) && typeof by.user === 'string' && typeof by.machine === 'string' && typeof by.pid === 'number'

/** The end in an index, or in the last line. */
export function endIn(fields: Fields): RecordEnd | undefined {
  const end = fields.type === 'record' ? fields.end : fields
  return isFields(end) && isEnd(end) ? end : undefined
}

const isEnd = (end: Fields): end is Fields & RecordEnd =>
  typeof end.status === 'number' &&
  typeof end.ms === 'number' &&
  typeof end.whole === 'boolean' &&
  isTexts(end.problems) &&
  Array.isArray(end.hosts) &&
  end.hosts.every(isHost)

const isHost = (host: unknown): boolean =>
  isFields(host) && ['host', 'tier', 'outcome'].every((name) => typeof host[name] === 'string') && isTexts(host.changed)

/** An event with its time; undefined: it is another line, or an event that this version does not know. */
export function eventIn(fields: Fields): { readonly event: Event; readonly at: number } | undefined {
  return isEvent(fields) && typeof fields.at === 'number' ? { event: fields, at: fields.at } : undefined
}

/** By name: TypeScript tells when one is missing. */
const EVENTS: Readonly<Record<Event['type'], true>> = {
  'run-started': true,
  'host-probing': true,
  'host-connected': true,
  'host-planned': true,
  'rollout-planned': true,
  'plan-shown': true,
  'tier-note': true,
  'tier-throughput': true,
  'tier-started': true,
  'head-start': true,
  'host-started': true,
  'host-begun': true,
  'host-finished': true,
  'host-note': true,
  'step-started': true,
  'step-finished': true,
  'run-finished': true,
  'input-errors': true,
  output: true,
  script: true,
  warning: true,
}

const isEvent = (fields: Fields): fields is Fields & Event =>
  typeof fields.type === 'string' && Object.hasOwn(EVENTS, fields.type)
