import type { FieldSchema } from '../schemas/fields.ts'
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

/** Status of `until`: it will not become so. */
export const NEVER = 3

/** Status of `until`: it is not known, for who would know can't be asked. */
export const UNANSWERED = 4
