import { type FieldSchema, type FieldSchemas, objectSchema } from '../schemas/fields.ts'
import type { Script } from '../shell/script.ts'
import { PHASES, type RoleSteps } from './phase.ts'
import { ROLLOUT_STEP } from './step.ts'
import { THROUGHPUT, type Throughput } from './throughput.ts'

/** Every host of the tier names the same. */
export interface FirstHost<Key extends Watched = Watched> {
  readonly host: string
  /** The changes that wait for that host's, as in `disruptive`. */
  readonly changes: readonly Key[]
  /** Only those that change one of these fields; default: any. */
  readonly fields?: readonly string[] | undefined
  /** What is done there, in words: `migrations`. */
  readonly what: string
  /** What to do where the run leaves that host out: one sentence. */
  readonly hint?: string | undefined
}

/** What a role calls a thing that changes: the thing itself, or its key. Where nothing is called so, that is a mistake. */
export type Watched = Named | MaybeThere

/** A resource or a handler, of which only the identity counts; or the text of its key. */
export type Named = string | WatchedResource | WatchedHandler

/** What only some vars, or another role, bring about. */
export interface MaybeThere {
  readonly key: Named
  readonly optional: true
}

/** What a constructor of a kind returns. */
export interface WatchedResource {
  readonly kind: { readonly kind: string }
  readonly desired: unknown
}

/** What `restart('nginx')` and such return. */
export interface WatchedHandler {
  readonly id: string
  readonly script: Script
}

/** What a role has to say about the change of one host. */
export interface HostRollout extends RoleSteps {
  /**
   * What takes the service away for a moment when it is changed: resources and handlers, of whichever role, or their keys
   * (`package:nginx`, `handler:restart nginx`); a `*` at the end of a key stands for any.
   */
  readonly disruptive: readonly Watched[]
  /**
   * Services without which the host serves nobody: `service` resources, or their keys. Where one of them does not run, the host is
   * not drained, and mended first.
   */
  readonly requiredServices?: readonly Watched[] | undefined
  /**
   * What, besides, the primary of a tier should not go through as such: where a run may move that to another host, it does
   * so first. As in `disruptive`.
   */
  readonly failoverBefore?: readonly Watched[] | undefined
  /** What has to be done on one host before any other of the tier begins with the same, such as migrations. */
  readonly first?: FirstHost | undefined
  /** What goes through its tier, as somebody counts it: asked once the run is over, for its report. */
  readonly throughput?: Throughput | undefined
}

const KEYS = { type: 'array', items: { is: 'watched' } } as const
const STEPS = { type: 'array', items: objectSchema(ROLLOUT_STEP) } as const

const WATCHED = {
  disruptive: {
    description:
      'What takes the service away for a moment when it is changed: resources and handlers, of whichever role, or their keys (`package:nginx`, `handler:restart nginx`); a `*` at the end of a key stands for any.',
    ...KEYS,
  },
  requiredServices: {
    description:
      'Services without which the host serves nobody: `service` resources, or their keys. Where one of them does not run, the host is not drained, and mended first.',
    ...KEYS,
    optional: true,
  },
  failoverBefore: {
    description:
      'What, besides, the primary of a tier should not go through as such: where a run may move that to another host, it does so first. As in `disruptive`.',
    ...KEYS,
    optional: true,
  },
  first: {
    description:
      'What has to be done on one host before any other of the tier begins with the same, such as migrations.',
    type: 'object',
    additionalProperties: false,
    required: ['host', 'changes', 'what'],
    properties: {
      host: { description: 'Every host of the tier names the same.', type: 'string' },
      changes: { description: "The changes that wait for that host's, as in `disruptive`.", ...KEYS },
      fields: {
        description: 'Only those that change one of these fields. Not set: any.',
        type: 'array',
        items: { type: 'string' },
      },
      what: { description: 'What is done there, in words: `migrations`.', type: 'string' },
      hint: { description: 'What to do where the run leaves that host out: one sentence.', type: 'string' },
    },
    optional: true,
  },
} as const satisfies Record<Exclude<keyof HostRollout, keyof RoleSteps | 'throughput'>, FieldSchema>

/** What a role's rollout() may return. */
export const HOST_ROLLOUT: FieldSchemas = {
  ...WATCHED,
  ...Object.fromEntries(
    PHASES.map(({ steps, description }) => [steps, { description, ...STEPS, optional: true }] as const),
  ),
  throughput: THROUGHPUT,
}

/** The same with the role that it comes from, and all things by their keys. */
export interface CompiledRollout extends Omit<HostRollout, 'disruptive' | 'requiredServices' | 'failoverBefore'> {
  readonly role: string
  readonly disruptive: readonly string[]
  readonly requiredServices?: readonly string[] | undefined
  readonly failoverBefore?: readonly string[] | undefined
  readonly first?: FirstHost<string> | undefined
  /** Keys that must lead somewhere, with the field that names them. */
  readonly named?: readonly NamedKey[] | undefined
}

export interface NamedKey {
  readonly field: string
  readonly key: string
}
