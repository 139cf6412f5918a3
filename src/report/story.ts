import type { ErrorCode } from '../errors.ts'
import type { Event, HostResult } from '../execute/events.ts'
import type { HostPlan } from '../plan/host-plan.ts'
import { isPhase, type Phase } from '../rollout/phase.ts'
import type { TierPlan } from '../rollout/tier-plan.ts'

/** What a host was at: asked, waiting for its turn, at work, and in that a change, a handler, a step of its rollout. */
export type Doing = 'connect' | 'probe' | 'wait' | 'work' | 'change' | 'handler' | Phase

/** A piece of a host's time; milliseconds from the run's begin. */
export interface Stretch {
  readonly doing: Doing
  /** What of a step is told: `package:nginx`, `drain:out of backend web`. */
  readonly key?: string | undefined
  readonly from: number
  readonly to: number
  /** Undefined: nobody heard how it ended. */
  readonly ok?: boolean | undefined
}

export interface Note {
  readonly at: number
  readonly message: string
}

export interface HostStory {
  readonly host: string
  readonly tier: string
  /** In the order of their begin. */
  readonly stretches: readonly Stretch[]
  readonly notes: readonly Note[]
}

/** The time in which hosts of a tier were at work. */
export interface TierTime {
  readonly tier: string
  readonly from: number
  readonly to: number
}

/** So many a second, in milliseconds from the run's begin: before it, where that is below zero. */
export interface Moment {
  readonly at: number
  readonly perSecond: number
}

/** What went through a tier meanwhile, as somebody counts it who has no part in the run. */
export interface TierLoad {
  readonly tier: string
  readonly role: string
  /** Who told. */
  readonly on: string
  readonly requests: readonly Moment[]
  /** Undefined: nobody counts them. */
  readonly errors?: readonly Moment[] | undefined
  /** Why it is not known. */
  readonly unknown?: string | undefined
}

/** What the events of a run tell, with the time of each. */
export interface Story {
  readonly started?: Extract<Event, { type: 'run-started' }> | undefined
  readonly finished?: Extract<Event, { type: 'run-finished' }> | undefined
  /** In the order of the inventory. */
  readonly hosts: readonly HostStory[]
  readonly plans: ReadonlyMap<string, HostPlan>
  readonly results: ReadonlyMap<string, HostResult>
  readonly tiers: readonly TierPlan[]
  /** Tiers that were changed, in their order. */
  readonly times: readonly TierTime[]
  readonly throughput: readonly TierLoad[]
  /** Of the whole run, and of its tiers. */
  readonly notes: readonly Note[]
  readonly warnings: readonly { readonly message: string; readonly hint?: string | undefined }[]
  /** When the last of it was told. */
  readonly ms: number
}

interface Track {
  readonly host: string
  readonly tier: string
  readonly done: Stretch[]
  readonly notes: Note[]
  /** Begun, and not ended: what it is at, outermost first. */
  open: (Omit<Stretch, 'to' | 'ok'> & { readonly outer: boolean })[]
}

/** Puts together what a run told, event by event. */
export interface Telling {
  event(event: Event, at: number): void
  story(): Story
}

export function createTelling(): Telling {
  const hosts = new Map<string, Track>()
  const plans = new Map<string, HostPlan>()
  const results = new Map<string, HostResult>()
  const times: { tier: string; from: number; hosts: readonly string[] }[] = []
  const throughput: TierLoad[] = []
  const notes: Note[] = []
  const warnings: { message: string; hint?: string | undefined }[] = []
  let started: Story['started']
  let finished: Story['finished']
  let tiers: readonly TierPlan[] = []
  let ms = 0

  const ofHost = (track: Track, event: Event, at: number): void => {
    switch (event.type) {
      case 'host-probing':
        begin(track, { doing: 'probe', from: at })
        return
      case 'host-connected': {
        track.done.push({ doing: 'connect', from: Math.max(0, at - event.ms), to: at, ok: true })
        // It is asked when one is logged in, and not before.
        track.open = track.open.map((one) => (one.doing === 'probe' ? { ...one, from: at } : one))
        return
      }
      case 'host-planned':
        plans.set(event.host, event.plan)
        close(track, at, true)
        begin(track, { doing: 'wait', from: at })
        return
      case 'host-started':
        close(track, at, true)
        begin(track, { doing: 'work', from: at })
        return
      case 'host-begun':
        close(track, at, event.ok)
        begin(track, { doing: 'wait', from: at })
        return
      case 'host-finished':
        results.set(event.host, event.result)
        // Whoever has nothing to do, or is not begun any more, has waited for nothing.
        track.open = track.open.filter(({ doing }) => doing !== 'wait').map((one) => asTried(track, one, event.result))
        close(track, at, event.result.failure === undefined)
        return
      case 'host-note':
        track.notes.push({ at, message: event.message })
        return
      case 'step-started':
        track.open.push({ doing: doingOf(event.action), key: event.key, from: at, outer: false })
        return
      case 'step-finished': {
        const step = track.open.findLast(({ key }) => key === event.key)
        track.open = track.open.filter((one) => one !== step)
        // What was told of its begin can be missing where the host did it all at once.
        const { outer: _, ...begun } = step ?? stepOf(event.key, at - event.ms)
        track.done.push({ ...begun, to: at, ok: event.ok })
        return
      }
    }
  }

  return {
    event(event, at) {
      ms = Math.max(ms, at)
      if (event.type === 'run-started') {
        started = event
        for (const { name, tier } of event.hosts) hosts.set(name, { host: name, tier, done: [], notes: [], open: [] })
      } else if (event.type === 'run-finished') {
        finished = event
        for (const result of event.results) results.set(result.host, result)
      } else if (event.type === 'rollout-planned') tiers = event.tiers
      else if (event.type === 'tier-started') times.push({ tier: event.tier, from: at, hosts: event.hosts })
      else if (event.type === 'tier-note') notes.push({ at, message: `${event.tier}: ${event.message}` })
      else if (event.type === 'tier-throughput') throughput.push(loadOf(event, at))
      else if (event.type === 'warning') warnings.push({ message: event.message, hint: event.hint })
      else if ('host' in event) {
        const track = hosts.get(event.host)
        if (track) ofHost(track, event, at)
      }
    },
    story() {
      const stories = [...hosts.values()].map((track) => storyOf(track, ms))
      const last = new Map(stories.map(({ host, stretches }) => [host, Math.max(0, ...stretches.map(({ to }) => to))]))
      const timesOf = times.map(({ tier, from, hosts: names }) => ({
        ...{ tier, from },
        to: Math.max(from, ...names.map((name) => last.get(name) ?? from)),
      }))
      return {
        started,
        finished,
        hosts: stories,
        plans,
        results,
        tiers,
        times: timesOf,
        throughput,
        notes,
        warnings,
        ms,
      }
    },
  }
}

const begin = (track: Track, one: Omit<Stretch, 'to' | 'ok'>): void => void track.open.push({ ...one, outer: true })

/** Who could not log in has asked nothing. */
const asTried = <T extends { readonly doing: Doing }>({ done }: Track, one: T, { failure }: HostResult): T =>
  one.doing === 'probe' && LOGIN_FAILURES.has(failure?.code ?? '') && !done.some(({ doing }) => doing === 'connect')
    ? { ...one, doing: 'connect' }
    : one

const LOGIN_FAILURES: ReadonlySet<string> = new Set([
  'dns',
  'refused',
  'timeout',
  'unreachable',
  'host-key',
  'auth',
  'become',
] satisfies ErrorCode[])

/** Ends all that it is at. */
function close(track: Track, at: number, ok: boolean): void {
  for (const { outer, ...one } of track.open) track.done.push({ ...one, to: at, ok: outer ? ok : undefined })
  track.open = []
}

/** What a run that is at work, or was killed, left open lasted until the last that was heard. */
function storyOf({ host, tier, done, notes, open }: Track, ms: number): HostStory {
  const left = open.filter(({ doing }) => doing !== 'wait').map(({ outer: _, ...one }) => ({ ...one, to: ms }))
  const stretches = [...done, ...left]
    .map((one) => ({ ...one, to: Math.max(one.from, one.to) }))
    .toSorted((a, b) => a.from - b.from || b.to - a.to)
  return { host, tier, stretches, notes }
}

function loadOf(
  { type: _, requests, errors, ...rest }: Extract<Event, { type: 'tier-throughput' }>,
  at: number,
): TierLoad {
  const moments = (samples: typeof requests) =>
    samples.map(({ ago, perSecond }): Moment => ({ at: at - ago * 1000, perSecond }))
  return { ...rest, requests: moments(requests), ...(errors && { errors: moments(errors) }) }
}

const doingOf = (action: Extract<Event, { type: 'step-started' }>['action']): Doing =>
  action === 'handler' || isPhase(action) ? action : 'change'

const stepOf = (key: string, from: number) => ({ doing: 'change' as const, key, from: Math.max(0, from), outer: false })
