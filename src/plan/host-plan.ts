import type { Action, FieldChange } from '../resources/resource.ts'
import type { Phase } from '../rollout/phase.ts'

/** The plan of one host: plain data, frozen, serialisable, secrets masked. */
export interface HostPlan {
  readonly host: string
  readonly tier: string
  /** Every resource, in order of application; also those without a change. */
  readonly items: readonly PlannedItem[]
  /** Handlers that this plan's changes will call for or that an earlier run left pending, in order. */
  readonly handlers: readonly PlannedHandler[]
  /** What is done around the changes; undefined: nothing. */
  readonly rollout?: PlannedRollout | undefined
}

/** How the host is taken out and put back, and what must be so after its changes. */
export interface PlannedRollout {
  /** Keys of changes and handlers that would disturb what it serves: it is drained for them. Empty: it is not. */
  readonly disruptive: readonly string[]
  /** Keys of what takes it out of service with nothing to drain it. */
  readonly exposed?: readonly string[] | undefined
  /** Hosts of the tier, this one maybe, that have to be done before the others, and why: `migrations`. */
  readonly first?: readonly { readonly host: string; readonly what: string }[] | undefined
  /** An earlier run left it drained: it is put back. */
  readonly leftDrained: boolean
  /** What is done around its changes, in this order: to take it out, to look at it, to put it back, once it serves again. */
  readonly steps: readonly PlannedStep[]
}

export interface PlannedStep {
  readonly phase: Phase
  readonly name: string
  /** Hosts on which it runs; undefined: the host itself. */
  readonly on?: readonly string[] | undefined
}

export interface PlannedItem {
  /** `kind:identity`, unique on the host. */
  readonly key: string
  readonly kind: string
  readonly role: string
  /** none: as declared. unknown: known only after an earlier change is applied. */
  readonly action: Action | 'none' | 'unknown'
  /** 0: its state is known now. 1: it comes after something unknown and is probed anew before it is applied. */
  readonly segment: number
  readonly fields: readonly FieldChange[]
  readonly diffs: readonly TextDiff[]
  /** Ids of the handlers that the change calls for. */
  readonly notify: readonly string[]
  /** Why the state of this resource could not be read; its host is not changed then. */
  readonly problem?: string | undefined
  readonly hint?: string | undefined
  /** What a person should know of it, changed or not. */
  readonly notes?: readonly string[] | undefined
  /** A command without a condition: it is planned on every run. */
  readonly repeats?: boolean | undefined
}

export interface PlannedHandler {
  readonly id: string
  /** Keys of the resources whose change calls for it; empty when it is pending from an earlier run. */
  readonly because: readonly string[]
  readonly pending: boolean
}

/** A line diff, already masked. */
export interface TextDiff {
  readonly name: string
  readonly note?: string | undefined
  readonly hunks: readonly Hunk[]
}

export interface Hunk {
  readonly oldStart: number
  readonly oldLines: number
  readonly newStart: number
  readonly newLines: number
  /** First character `+`, `-` or space, as in a unified diff. */
  readonly lines: readonly string[]
}

/** True when a person has something to read in it: work, or what is worth knowing without any. */
export function isTelling(plan: HostPlan): boolean {
  return hasWork(plan) || plan.items.some(({ notes = [] }) => notes.length > 0)
}

/** True when applying the plan would do something to the host. */
export function hasWork(plan: HostPlan): boolean {
  return (
    plan.rollout?.leftDrained === true || plan.handlers.length > 0 || plan.items.some((item) => item.action !== 'none')
  )
}
