import type { Failure, Problem } from '../errors.ts'
import type { HostEvent } from '../host/events.ts'
import type { HostPlan } from '../plan/host-plan.ts'
import type { TierPlan } from '../rollout/tier-plan.ts'

/** ok: nothing to do. changed: done and verified. planned: a dry run found changes. */
export type HostOutcome = 'ok' | 'changed' | 'planned' | 'failed' | 'skipped'

export interface HostResult {
  readonly host: string
  readonly tier: string
  readonly outcome: HostOutcome
  /** Keys of changed resources and ids of handlers that ran (`handler:reload nginx`), in order. */
  readonly changed: readonly string[]
  /** Ids of handlers still pending on the host. */
  readonly pendingHandlers: readonly string[]
  /** The host is out of service, or may be: its drain was begun and not undone. */
  readonly drained?: boolean | undefined
  /** It was drained and is back in service. */
  readonly putBack?: boolean | undefined
  readonly failure?: Failure | undefined
  readonly traffic: {
    readonly execs: number
    readonly bytesOut: number
    readonly bytesIn: number
    readonly connects: number
  }
  /** Time at work on this host; waiting for its turn is not in it. */
  readonly ms: number
}

/** How many hosts. */
export interface Summary {
  readonly ok: number
  /** Also those that failed after some of their changes were made: they count as failed, too. */
  readonly changed: number
  readonly planned: number
  readonly failed: number
  readonly skipped: number
  readonly ms: number
}

/** How the same is done once more, as one types it into a shell. */
export interface RetryCommand {
  /** Without the hosts. */
  readonly command: string
  /** `--limit` as it was given; empty without one. */
  readonly limit: string
}

/** Everything a run tells; renderers see nothing else. */
export type Event =
  | HostEvent
  | {
      readonly type: 'run-started'
      readonly inventory: string
      readonly check: boolean
      readonly hosts: readonly { name: string; tier: string }[]
      /** Hosts that the ssh program logs in at because the built-in transport can't, and why. */
      readonly programs?: readonly { readonly hosts: readonly string[]; readonly because: string }[] | undefined
    }
  | { readonly type: 'host-probing'; readonly host: string }
  | { readonly type: 'host-planned'; readonly host: string; readonly plan: HostPlan; readonly ms: number }
  /** How the tiers with work will be changed; told before any is, also in a dry run. */
  | { readonly type: 'rollout-planned'; readonly tiers: readonly TierPlan[] }
  /** The plan is to be seen now, for somebody is asked about it. */
  | { readonly type: 'plan-shown'; readonly failures: readonly { readonly host: string; readonly failure: Failure }[] }
  | { readonly type: 'tier-note'; readonly tier: string; readonly message: string }
  | { readonly type: 'tier-started'; readonly tier: string; readonly hosts: readonly string[] }
  /** New hosts are given what needs no other host, before the turn of their tiers. */
  | { readonly type: 'head-start'; readonly hosts: readonly string[] }
  | { readonly type: 'host-started'; readonly host: string }
  /** The end of its head start; the host waits for its turn, or has failed. */
  | {
      readonly type: 'host-begun'
      readonly host: string
      readonly changes: number
      readonly ok: boolean
      readonly ms: number
    }
  | { readonly type: 'host-finished'; readonly host: string; readonly result: HostResult }
  | { readonly type: 'warning'; readonly message: string; readonly hint?: string | undefined }
  | { readonly type: 'input-errors'; readonly problems: readonly Problem[] }
  | {
      readonly type: 'run-finished'
      readonly summary: Summary
      readonly results: readonly HostResult[]
      /** What people have to know beyond what was done to hosts. */
      readonly notes?: readonly string[] | undefined
      /** Hosts were changed together: what failed is run again as a whole. */
      readonly whole?: boolean | undefined
      /** How to do it again; undefined: it was not asked for on a command line. */
      readonly again?: RetryCommand | undefined
    }

export type Emit = (event: Event) => void
