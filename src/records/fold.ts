import type { Event, HostResult, Summary } from '../execute/events.ts'
import { isPhase } from '../rollout/phase.ts'
import type { RecordedHost, RecordedOutcome } from './record.ts'

interface Seen {
  readonly host: string
  readonly tier: string
  begun: boolean
  planned: readonly string[]
  done: string[]
  step: string | undefined
  /** Its step is one of the rollout, which is no change. */
  isAround: boolean
  result: HostResult | undefined
}

/** Puts the events of a run together, one by one; what it holds grows with hosts and their changes, not with events. */
export interface Fold {
  event(event: Event): void
  outcome(): RecordedOutcome
}

export function createFold(): Fold {
  const hosts = new Map<string, Seen>()
  let check = false
  let summary: Summary | undefined
  let whole = false
  let problems: readonly string[] = []

  const ofHost = (event: Event): void => {
    if (!('host' in event)) return
    const seen = hosts.get(event.host)
    if (seen === undefined) return
    switch (event.type) {
      case 'host-planned':
        seen.planned = [
          ...event.plan.items.flatMap(({ key, action }) => (action === 'none' ? [] : [key])),
          ...event.plan.handlers.map(({ id }) => `handler:${id}`),
        ]
        return
      case 'host-started':
        seen.begun = true
        return
      case 'step-started':
        seen.begun = true
        seen.step = event.key
        seen.isAround = isPhase(event.action)
        return
      case 'step-finished':
        seen.step = undefined
        if (event.ok && !seen.isAround) seen.done.push(event.key)
        return
      case 'host-finished':
        seen.result = event.result
        seen.done = []
        return
    }
  }

  return {
    event(event) {
      if (event.type === 'run-started') {
        check = event.check
        for (const { name, tier } of event.hosts)
          hosts.set(name, {
            host: name,
            tier,
            begun: false,
            planned: [],
            done: [],
            step: undefined,
            isAround: false,
            result: undefined,
          })
      } else if (event.type === 'run-finished') {
        summary = event.summary
        whole = event.whole ?? false
        for (const result of event.results) {
          const seen = hosts.get(result.host)
          if (seen) seen.result = result
        }
      } else if (event.type === 'input-errors') problems = event.problems.map(({ message }) => message)
      else ofHost(event)
    },
    outcome: () => ({
      summary,
      whole,
      problems,
      hosts: [...hosts.values()].map((seen) => hostOf(seen, check)),
    }),
  }
}

function hostOf({ host, tier, begun, planned, done, step, result }: Seen, check: boolean): RecordedHost {
  if (result === undefined) {
    const outcome = begun ? 'unfinished' : 'waiting'
    return { host, tier, outcome, changed: check ? planned : done, ...(step !== undefined && { at: step }) }
  }
  const { outcome, failure } = result
  return {
    host,
    tier,
    outcome,
    changed: check && outcome === 'planned' ? planned : result.changed,
    ...(failure && {
      failure: {
        code: failure.code,
        message: failure.message,
        ...(failure.resource !== undefined && { resource: failure.resource }),
      },
    }),
  }
}
