import type { Script } from '../shell/script.ts'

/**
 * Something that is done and waited for around the change of a host: data, which the engine follows.
 * @example
 * { name: 'no connections', until: sh`ss -Htn state established "sport = :${port}" | head -n 1 | { ! grep .; }`, within: 60 }
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
  readonly within?: number | undefined
  /** When it does not become so in time, go on all the same; `unanswered`: only where nobody could tell. Default false. */
  readonly orGoOn?: boolean | 'unanswered' | undefined
  /** Seconds before it is asked for the first time: rates over a minute know what happened a minute later. Default 0. */
  readonly after?: number | undefined
  /** Seconds between two questions. Default 1. */
  readonly every?: number | undefined
}

/** When a step is done: before the tier, before the change, after it, to put the host back, once it serves again. */
export const PHASES = ['preflight', 'drain', 'gate', 'undrain', 'verify'] as const

export type Phase = (typeof PHASES)[number]

/** Status of `until`: it will not become so. */
export const NEVER = 3

/** Status of `until`: it is not known, for who would know can't be asked. */
export const UNANSWERED = 4

/** Every host of the tier names the same. */
export interface FirstHost {
  readonly host: string
  /** Keys of the changes that wait for that host's, as in `disturbs`. */
  readonly changes: readonly string[]
  /** Only those that change one of these fields; default: any. */
  readonly fields?: readonly string[] | undefined
  /** What is done there, in words: `migrations`. */
  readonly what: string
  /** What to do where the run leaves that host out: one sentence. */
  readonly hint?: string | undefined
}

/** What a role has to say about the change of one host. */
export interface HostRollout {
  /**
   * What takes the service away for a moment when it is changed: keys of resources (`package:nginx`) and handlers
   * (`handler:restart nginx`), of whichever role; a `*` at the end stands for any.
   */
  readonly disturbs: readonly string[]
  /**
   * Services without which the host serves nobody: keys of `service` resources. Where one of them does not run, the host is
   * not drained, and mended first.
   */
  readonly serves?: readonly string[] | undefined
  /**
   * What, besides, a host on which the others depend should not go through as such: where a run may hand that over, it
   * does so first. Keys as in `disturbs`.
   */
  readonly relieves?: readonly string[] | undefined
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
   * failed, but stays in service. Not asked where what disturbs is only now created: nobody asked for it before.
   */
  readonly verify?: readonly RolloutStep[] | undefined
}

/** The same with the role that it comes from. */
export interface CompiledRollout extends HostRollout {
  readonly role: string
}
