import { join } from 'node:path'
import type { JSONSchema7, JSONSchema7Definition } from 'json-schema'
import { createGenerator } from 'ts-json-schema-generator'
import { JSON_VERSION } from '../src/render/json.ts'

/** Definitions of a schema by name. */
export type Definitions = Readonly<Record<string, JSONSchema7>>

/** What the types of events say, in the order in which a run tells them. */
export interface EventTypes {
  readonly definitions: Definitions
  /** Names of those that are events. */
  readonly events: readonly string[]
}

/** The line that `--json` begins with. */
const HEADER: JSONSchema7 = {
  type: 'object',
  description: 'The first line of `--json`: what follows, and in which version of its format.',
  properties: {
    type: { const: 'header' },
    format: { const: 'provision-events' },
    version: { const: JSON_VERSION, description: 'Raised when a reader would have to change.' },
  },
  required: ['type', 'format', 'version'],
}

/** What records add to each event. */
const AT: JSONSchema7 = { type: 'number', description: 'Milliseconds from the begin of the run; in records.' }

/**
 * Reads the TypeScript types of events. The compiler is asked for them with no project around it, for that takes a third
 * of the time: what is wrong with types is told by tsc.
 */
export function eventTypes(root: string): EventTypes {
  const generator = createGenerator({
    path: join(root, 'src/execute/events.ts'),
    tsconfig: join(root, 'scripts/event-schema.tsconfig.json'),
    type: 'Event',
    skipTypeCheck: true,
    expose: 'export',
    jsDoc: 'extended',
    additionalProperties: true,
    sortProps: false,
  })
  const found = generator.createSchema('Event').definitions ?? {}
  const definitions = Object.fromEntries(
    Object.entries(found).flatMap(([name, one]) => (typeof one === 'boolean' ? [] : [[name, one] as const])),
  )
  return { definitions, events: namesIn(definitions.Event, definitions) }
}

const refOf = (schema: JSONSchema7Definition): string | undefined =>
  typeof schema === 'boolean' ? undefined : schema.$ref?.replace('#/definitions/', '')

/** A union of unions is one. */
const namesIn = (union: JSONSchema7 | undefined, definitions: Definitions): string[] =>
  (union?.anyOf ?? []).flatMap((one) => {
    const name = refOf(one)
    if (name === undefined) throw new Error('every event is a type with a name of its own: src/execute/events.ts')
    return definitions[name]?.anyOf ? namesIn(definitions[name], definitions) : [name]
  })

/** schema/events.json: a line of `--json`, or of a record. */
export function eventSchema({ definitions, events }: EventTypes): JSONSchema7 {
  const timed = Object.fromEntries(
    events.map((name) => {
      const one = definitions[name] ?? {}
      return [name, { ...one, properties: { ...one.properties, at: AT } }] as const
    }),
  )
  const { Event: _, HostEvent: __, ...others } = definitions
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'provision: events',
    description: 'One line of --json or of a record: docs/events.md.',
    anyOf: ['Header', ...events].map((name) => ({ $ref: `#/definitions/${name}` })),
    definitions: { Header: HEADER, ...others, ...timed },
  }
}
