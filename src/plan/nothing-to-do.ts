import type { Planned } from './planner.ts'

/**
 * What is kept of a plan that changes nothing, once it is told: what was read of each resource is most of it, and thousands
 * of hosts have one.
 */
export function withoutItems(planned: Planned): Planned {
  const { plan, state } = planned
  return {
    ...planned,
    plan: Object.freeze({ ...plan, items: [] }),
    state: { ...state, generation: detached(state.generation) },
    stderrTail: [],
  }
}

/** The same text; a part of a longer one would keep the whole of it in memory, here the answer of a host. */
const detached = (text: string): string => Buffer.from(text).toString()
