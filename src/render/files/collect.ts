import type { Problem } from '../../errors.ts'
import type { Event, HostResult } from '../../execute/events.ts'
import type { HostPlan } from '../../plan/host-plan.ts'
import type { TierPlan } from '../../rollout/tier-plan.ts'
import { shownPlans } from '../shown-plans.ts'

/** What a run told from its begin to its end, for files that are written then. */
export interface CollectedRun {
  readonly started: Extract<Event, { type: 'run-started' }> | undefined
  readonly finished: Extract<Event, { type: 'run-finished' }> | undefined
  readonly plans: ReadonlyMap<string, HostPlan>
  readonly results: ReadonlyMap<string, HostResult>
  readonly tiers: readonly TierPlan[]
  readonly warnings: readonly Extract<Event, { type: 'warning' }>[]
  readonly problems: readonly Problem[]
}

export interface Listener {
  event(event: Event): void
  collected(): CollectedRun
}

/** @param verbosity of what will be written */
export function createListener(verbosity: number): Listener {
  const { all: plans, heard } = shownPlans(verbosity)
  const results = new Map<string, HostResult>()
  const warnings: Extract<Event, { type: 'warning' }>[] = []
  const problems: Problem[] = []
  let started: CollectedRun['started']
  let finished: CollectedRun['finished']
  let tiers: readonly TierPlan[] = []
  return {
    event(event) {
      if (event.type === 'run-started') started = event
      if (event.type === 'host-planned') heard(event.plan)
      if (event.type === 'rollout-planned') tiers = event.tiers
      if (event.type === 'host-finished') results.set(event.result.host, event.result)
      if (event.type === 'warning') warnings.push(event)
      if (event.type === 'input-errors') problems.push(...event.problems)
      if (event.type === 'run-finished') {
        finished = event
        for (const result of event.results) results.set(result.host, result)
      }
    },
    collected: () => ({ started, finished, plans, results, tiers, warnings, problems }),
  }
}
