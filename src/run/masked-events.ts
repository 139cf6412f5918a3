import { type Failure, InputError, type Problem, ProvisionError } from '../errors.ts'
import type { Emit, Event, HostResult } from '../execute/events.ts'
import type { Mask } from '../masking/mask.ts'
import type { HostPlan, PlannedItem } from '../plan/host-plan.ts'

/**
 * The last border: whatever a role, a kind or a host put into an event, no known secret passes. Secrets are tainted
 * spans long before; this is for those that somebody revealed, or that a host printed.
 */
export function maskedEmit(emit: Emit, mask: Mask): Emit {
  return (event) => emit(maskedEvent(event, mask))
}

// Names that one event shares with another (hosts, tiers, keys) stay as they are: renderers go by them.
function maskedEvent(event: Event, mask: Mask): Event {
  switch (event.type) {
    case 'output':
      return { ...event, line: mask.text(event.line) }
    case 'host-note':
      return { ...event, message: mask.text(event.message) }
    case 'warning':
      return { ...event, message: mask.text(event.message), hint: maybe(event.hint, mask) }
    case 'tier-throughput':
      return { ...event, ...(event.unknown !== undefined && { unknown: mask.text(event.unknown) }) }
    case 'script':
      return { ...event, script: mask.text(event.script) }
    case 'host-planned':
      return { ...event, plan: maskedPlan(event.plan, mask) }
    case 'host-finished':
      return { ...event, result: maskedResult(event.result, mask) }
    case 'plan-shown':
      return {
        ...event,
        failures: event.failures.map((one) => ({ ...one, failure: maskedFailure(one.failure, mask) })),
      }
    case 'run-finished':
      return {
        ...event,
        results: event.results.map((result) => maskedResult(result, mask)),
        ...(event.notes && { notes: event.notes.map((note) => mask.text(note)) }),
      }
    case 'input-errors':
      return { ...event, problems: maskedProblems(event.problems, mask) }
    default:
      return event
  }
}

const maybe = (text: string | undefined, mask: Mask): string | undefined =>
  text === undefined ? undefined : mask.text(text)

function maskedPlan(plan: HostPlan, mask: Mask): HostPlan {
  return { ...plan, items: plan.items.map((item) => maskedItem(item, mask)) }
}

const maskedItem = (item: PlannedItem, mask: Mask): PlannedItem => ({
  ...item,
  fields: item.fields.map((change) => ({ ...change, from: maybe(change.from, mask), to: maybe(change.to, mask) })),
  diffs: item.diffs.map((diff) => ({
    ...diff,
    hunks: diff.hunks.map((hunk) => ({ ...hunk, lines: hunk.lines.map((line) => mask.text(line)) })),
  })),
  ...(item.notes && { notes: item.notes.map((note) => mask.text(note)) }),
  ...(item.problem === undefined ? {} : { problem: mask.text(item.problem), hint: maybe(item.hint, mask) }),
})

export function maskedResult(result: HostResult, mask: Mask): HostResult {
  return result.failure === undefined ? result : { ...result, failure: maskedFailure(result.failure, mask) }
}

const maskedFailure = (failure: Failure, mask: Mask): Failure => ({
  ...failure,
  message: mask.text(failure.message),
  hint: maybe(failure.hint, mask),
  log: failure.log.map((line) => mask.text(line)),
})

export function maskedProblems(problems: readonly Problem[], mask: Mask): Problem[] {
  return problems.map((problem) => ({
    ...problem,
    message: mask.text(problem.message),
    hint: maybe(problem.hint, mask),
  }))
}

/** An error as it may be thrown on: message, log and stack without secrets, and no cause, which could hold some. */
export function maskedError(error: unknown, mask: Mask): unknown {
  if (error instanceof InputError) return new InputError(maskedProblems(error.problems, mask))
  if (!(error instanceof Error)) return typeof error === 'string' ? mask.text(error) : error
  const message = mask.text(error.message)
  if (error instanceof ProvisionError) {
    const { code, host, resource, origin, hint, log } = error
    return new ProvisionError(message, {
      code,
      host,
      resource,
      origin,
      hint: maybe(hint, mask),
      log: log.map((line) => mask.text(line)),
    })
  }
  const clean = new Error(message)
  clean.name = error.name
  if (error.stack !== undefined) clean.stack = mask.text(error.stack)
  return clean
}
