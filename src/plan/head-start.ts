import type { Planned } from './planner.ts'
import type { Segment, Step } from './segments.ts'

/**
 * What of a host's plan may be done before its turn: its first steps, as far as their roles need nothing of other hosts,
 * and the handlers that only they call for. Pure.
 * @returns undefined where there is none, or where the host serves somebody, or has something pending
 */
export function headStart(planned: Planned): Planned | undefined {
  const { around, state, plan } = planned
  if (!around.down || state.drained !== undefined || state.pendingHandlers.length > 0) return undefined
  const segments = leading(planned.segments)
  const keys = new Set(segments.flatMap(({ steps }) => steps.flat().map(({ resource }) => resource.key)))
  if (keys.size === 0) return undefined
  const handlers = plan.handlers.filter(({ because }) => because.length > 0 && because.every((key) => keys.has(key)))
  const called = new Set(handlers.map(({ id }) => id))
  return {
    ...planned,
    plan: { ...plan, items: plan.items.filter(({ key }) => keys.has(key)), handlers },
    segments,
    openEnded: false,
    handlers: planned.handlers.filter(({ id }) => called.has(id)),
  }
}

/** Up to the first change of a role that may need others. A kind that gathers has the place of its first. */
function leading(segments: readonly Segment[]): Segment[] {
  const head: Segment[] = []
  for (const segment of segments) {
    const steps: Step[] = []
    let whole = true
    for (const step of segment.steps) {
      const [first, ...rest] = step
      const own = first.resource.kind.groupTogether ? step.length : leadingOf(step)
      whole = own === step.length && first.resource.standalone === true
      if (own > 0 && first.resource.standalone) steps.push([first, ...rest.slice(0, own - 1)])
      if (!whole) break
    }
    if (steps.length > 0) head.push({ ...segment, steps })
    if (!whole) break
  }
  return head
}

/** How many of a step's changes come before the first that may need others: neighbours may be of several roles. */
function leadingOf(step: Step): number {
  const end = step.findIndex(({ resource }) => resource.standalone !== true)
  return end < 0 ? step.length : end
}
