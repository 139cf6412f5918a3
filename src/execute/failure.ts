import { aborted, messageOf, ProvisionError } from '../errors.ts'
import type { Planned } from '../plan/planner.ts'
import type { Failure } from './events.ts'

/** Anything thrown while a host was in hand, as data. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ProvisionError) {
    const { code, message, resource, hint, log } = error
    return { code, message, resource, hint, log }
  }
  // Whoever waits with a signal of the user's throws this.
  if (error instanceof Error && error.name === 'AbortError') return failureOf(aborted())
  const stack = error instanceof Error && error.stack ? error.stack.split('\n').slice(1, 6) : []
  return {
    code: 'internal',
    message: messageOf(error),
    hint: 'this is a fault of provision itself: please report it',
    log: stack.map((line) => line.trim()),
  }
}

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
