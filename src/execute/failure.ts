import type { Failure } from '../errors.ts'
import type { Planned } from '../plan/planner.ts'

/** What keeps a host from being changed although it answered: state that could not be read. */
export function unreadable({ plan, stderrTail }: Planned): Failure | undefined {
  const items = plan.items.filter((item) => item.problem !== undefined)
  const first = items[0]
  if (!first) return undefined
  const problems = [...new Set(items.map((item) => item.problem))]
  return {
    code: 'probe',
    message: `nothing is changed: ${problems.join('; ')}`,
    resource: first.key,
    hint: first.hint ?? 'see on the host why it can not be asked, then run again',
    log: stderrTail,
  }
}
