import { type HostPlan, isTelling } from '../plan/host-plan.ts'

/** What is shown of plans, by host. */
export interface ShownPlans {
  heard(plan: HostPlan): void
  readonly all: ReadonlyMap<string, HostPlan>
}

/**
 * Keeps of plans what somebody will be shown: neither those of hosts that are as declared, which most of thousands are, nor
 * what is as declared of the others.
 * @param verbosity from 2 on, all is shown
 */
export function shownPlans(verbosity: number): ShownPlans {
  const all = new Map<string, HostPlan>()
  return {
    heard(plan) {
      if (verbosity >= 2) all.set(plan.host, plan)
      else if (isTelling(plan)) all.set(plan.host, { ...plan, items: plan.items.filter(isTold) })
      else all.delete(plan.host)
    },
    all,
  }
}

const isTold = ({ action, notes = [] }: HostPlan['items'][number]): boolean => action !== 'none' || notes.length > 0
