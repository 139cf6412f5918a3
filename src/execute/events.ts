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

/** The first event of a run, once all input is read and in order; only warnings may come before it. */
export interface RunStarted {
  readonly type: 'run-started'
  readonly inventory: string
  /** It is a dry run. */
  readonly check: boolean
  /** All that take part, in the order of the inventory. */
  readonly hosts: readonly { readonly name: string; readonly tier: string }[]
  /** Hosts that the ssh program logs in at because the built-in transport can't, and why. */
  readonly programs?: readonly { readonly hosts: readonly string[]; readonly because: string }[] | undefined
}

/** A host is connected to and asked how it is. */
export interface HostProbing {
  readonly type: 'host-probing'
  readonly host: string
}

/** Somebody is logged in at a host; once more where the link was lost, or where it is to be proven that one still can. */
export interface HostConnected {
  readonly type: 'host-connected'
  readonly host: string
  /** Milliseconds that it took. */
  readonly ms: number
}

/** What would change on a host. A host that could not be asked has none. */
export interface HostPlanned {
  readonly type: 'host-planned'
  readonly host: string
  readonly plan: HostPlan
  /** Milliseconds from `host-probing`. */
  readonly ms: number
}

/** How the tiers with work will be changed; told before any is, also in a dry run. */
export interface RolloutPlanned {
  readonly type: 'rollout-planned'
  readonly tiers: readonly TierPlan[]
}

/** The plan is to be seen now, for somebody is asked about it. */
export interface PlanShown {
  readonly type: 'plan-shown'
  /** Hosts that failed so far. */
  readonly failures: readonly { readonly host: string; readonly failure: Failure }[]
}

/** Something about a tier that people should know. */
export interface TierNote {
  readonly type: 'tier-note'
  readonly tier: string
  readonly message: string
}

/** The turn of a tier. */
export interface TierStarted {
  readonly type: 'tier-started'
  readonly tier: string
  /** Those that are to be changed, in their order. */
  readonly hosts: readonly string[]
}

/**
 * What went through a tier of which something was taken out of service, as somebody counts it who has no part in the run.
 * Told when the run is over, for each role that knows whom to ask.
 */
export interface TierThroughput {
  readonly type: 'tier-throughput'
  readonly tier: string
  readonly role: string
  /** The host that told, or was asked in vain. */
  readonly on: string
  /** The oldest first, also some from before the run. */
  readonly requests: readonly ThroughputSample[]
  /** Undefined: nobody counts them. */
  readonly errors?: readonly ThroughputSample[] | undefined
  /** Why it is not known. */
  readonly unknown?: string | undefined
}

export interface ThroughputSample {
  /** Seconds before this event. */
  readonly ago: number
  readonly perSecond: number
}

/** New hosts are given what needs no other host, before the turn of their tiers. */
export interface HeadStart {
  readonly type: 'head-start'
  readonly hosts: readonly string[]
}

/** A host is begun to be changed: in its turn, or in its head start. */
export interface HostStarted {
  readonly type: 'host-started'
  readonly host: string
}

/** The end of its head start; the host waits for its turn, or has failed. */
export interface HostBegun {
  readonly type: 'host-begun'
  readonly host: string
  /** How many were made. */
  readonly changes: number
  readonly ok: boolean
  /** Milliseconds. */
  readonly ms: number
}

/** What became of a host; once for each, unless the run ends by an error. */
export interface HostFinished {
  readonly type: 'host-finished'
  readonly host: string
  readonly result: HostResult
}

/** Something that the run goes on in spite of. */
export interface Warning {
  readonly type: 'warning'
  readonly message: string
  readonly hint?: string | undefined
}

/** What is wrong with the input, or an error that ended the run; the last event then. */
export interface InputErrors {
  readonly type: 'input-errors'
  readonly problems: readonly Problem[]
}

/** What became of all; the last event of a run that came to its end. */
export interface RunFinished {
  readonly type: 'run-finished'
  readonly summary: Summary
  /** In the order of the inventory. */
  readonly results: readonly HostResult[]
  /** What people have to know beyond what was done to hosts. */
  readonly notes?: readonly string[] | undefined
  /** Hosts were changed together: what failed is run again as a whole. */
  readonly whole?: boolean | undefined
  /** How to do it again; undefined: it was not asked for on a command line. */
  readonly again?: RetryCommand | undefined
}

/** Everything a run tells; renderers see nothing else. docs/events.md and schema/events.json are made of these types. */
export type Event =
  | RunStarted
  | HostProbing
  | HostConnected
  | HostPlanned
  | RolloutPlanned
  | PlanShown
  | HeadStart
  | TierStarted
  | TierNote
  | TierThroughput
  | HostStarted
  | HostEvent
  | HostBegun
  | HostFinished
  | Warning
  | InputErrors
  | RunFinished

export type Emit = (event: Event) => void
