import { type FieldSchema, objectSchema } from '../schemas/fields.ts'
import type { Script } from '../shell/script.ts'

/**
 * Something that is done and waited for around the change of a host: data, which the engine follows.
 * @example
 * { name: 'no connections', until: sh`ss -Htn state established "sport = :${port}" | head -n 1 | { ! grep .; }`, timeout: 60 }
 */
export interface RolloutStep {
  /** In words, without the host's own name: hosts with the same plan are told together. */
  readonly name: string
  /** Hosts of the inventory on which it runs, whatever `--limit` says. Default: the host itself. Empty: left out. */
  readonly on?: readonly string[] | undefined
  /** Done once on each, under `set -eu`, safe to run twice. A status other than 0 ends the step. */
  readonly run?: Script | undefined
  /**
   * `run` changes what a role of those hosts declares: it is done under their lock, and a plan that was made before is made
   * anew. Default false.
   */
  readonly underLock?: boolean | undefined
  /**
   * Read-only. Asked on each host anew until its status is 0; the last line that it prints says why not yet. Exit
   * status 3: it will not become so, and nobody waits. 4: the one who would know can't be asked.
   */
  readonly until?: Script | undefined
  /** Seconds in which `until` must be so. Default 60. 0: it is asked once. */
  readonly timeout?: number | undefined
  /** When it does not become so in time; `continueIfUnanswered`: go on only where nobody could tell. Default fail. */
  readonly onTimeout?: OnTimeout | undefined
  /** Seconds before it is asked for the first time: rates over a minute know what happened a minute later. Default 0. */
  readonly initialDelay?: number | undefined
  /** Seconds between two questions. Default 1. */
  readonly interval?: number | undefined
}

export type OnTimeout = 'fail' | 'continue' | 'continueIfUnanswered'

export const ROLLOUT_STEP = {
  name: {
    description: "In words, without the host's own name: hosts with the same plan are told together.",
    type: 'string',
  },
  on: {
    description:
      'Hosts of the inventory on which it runs, whatever `--limit` says. Not set: the host itself. Empty: left out.',
    type: 'array',
    items: { type: 'string' },
    optional: true,
  },
  run: {
    description: 'sh`…`, done once on each, under `set -eu`, safe to run twice. A status other than 0 ends the step.',
    is: 'script',
    optional: true,
  },
  until: {
    description:
      'sh`…`, read-only. Asked on each host anew until its status is 0; the last line that it prints says why not yet. Exit status 3: it will not become so, and nobody waits. 4: the one who would know can not be asked.',
    is: 'script',
    optional: true,
  },
  timeout: {
    description: 'Seconds in which `until` must be so. 0: it is asked once.',
    type: 'number',
    minimum: 0,
    default: 60,
  },
  onTimeout: {
    description: 'When it does not become so in time; continueIfUnanswered: go on only where nobody could tell.',
    enum: ['fail', 'continue', 'continueIfUnanswered'],
    default: 'fail',
  },
  initialDelay: {
    description:
      'Seconds before it is asked for the first time: rates over a minute know what happened a minute later.',
    type: 'number',
    minimum: 0,
    default: 0,
  },
  underLock: {
    description:
      '`run` changes what a role of those hosts declares: it is done under their lock, and a plan that was made before is made anew.',
    type: 'boolean',
    default: false,
  },
  interval: { description: 'Seconds between two questions.', type: 'number', minimum: 0, default: 1 },
} as const satisfies Record<keyof RolloutStep, FieldSchema>

const STEPS = { type: 'array', items: objectSchema(ROLLOUT_STEP) } as const

/** Status of `until`: it will not become so. */
export const NEVER = 3

/** Status of `until`: it is not known, for who would know can't be asked. */
export const UNANSWERED = 4

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
export interface HostRollout {
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
  /** Asked before the first host of a tier is drained; one that is not so leaves the whole tier alone. */
  readonly preflight?: readonly RolloutStep[] | undefined
  /** Takes the host out, in order. */
  readonly drain?: readonly RolloutStep[] | undefined
  /** Puts it back, in order; also after a drain that did not come to its end. */
  readonly undrain?: readonly RolloutStep[] | undefined
  /** What must be so after a change of this role's resources; on a drained host before it is put back. */
  readonly gates?: readonly RolloutStep[] | undefined
  /**
   * What must be so once the host serves with its changes: what only traffic can show. Where it is not, the host has
   * failed, but stays in service. Not asked where what is disruptive is only now created: nobody asked for it before.
   */
  readonly verify?: readonly RolloutStep[] | undefined
}

const KEYS = { type: 'array', items: { is: 'watched' } } as const

/** What a role's rollout() may return. */
export const HOST_ROLLOUT = {
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
  preflight: {
    description: 'Asked before the first host of a tier is drained; one that is not so leaves the whole tier alone.',
    ...STEPS,
    optional: true,
  },
  drain: { description: 'Takes the host out, in order.', ...STEPS, optional: true },
  undrain: {
    description: 'Puts it back, in order; also after a drain that did not come to its end.',
    ...STEPS,
    optional: true,
  },
  gates: {
    description: "What must be so after a change of this role's resources; on a drained host before it is put back.",
    ...STEPS,
    optional: true,
  },
  verify: {
    description:
      'What must be so once the host serves with its changes: what only traffic can show. Where it is not, the host has failed, but stays in service. Not asked where what is disruptive is only now created: nobody asked for it before.',
    ...STEPS,
    optional: true,
  },
} as const satisfies Record<keyof HostRollout, FieldSchema>

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
