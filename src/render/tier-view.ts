import type { Event, HostResult } from '../execute/events.ts'
import type { HostPlan } from '../plan/host-plan.ts'
import { type FinalRow, finalOf, finalRows } from './final-rows.ts'
import { type Line, line, span } from './format/line.ts'
import { counted } from './format/words.ts'
import { ending, type LiveList, type LiveRow, type LiveView } from './live-view.ts'

/** Seconds after which a step shows how long it takes. */
const SLOW = 3

type StepStarted = Extract<Event, { type: 'step-started' }>

/** A tier at work: a head and a row for each host. */
export interface TierView {
  readonly list: LiveList
  begun(host: string): void
  step(event: StepStarted, plan: HostPlan | undefined): void
  stepDone(host: string): void
  say(host: string, text: string): void
  /** A word about the whole run, beside the tier's name while it is at work. */
  note(text: string): void
  hostDone(result: HostResult): void
  /** The end of a host's head start. */
  ahead(event: Extract<Event, { type: 'host-begun' }>): void
  /** The tier is done. */
  end(): void
}

interface HostView {
  readonly host: string
  begun: boolean
  step?: { readonly name: string; readonly since: number | undefined } | undefined
  done: number
  steps: number
  output?: string | undefined
  final?: FinalRow | undefined
  ended?: number
}

/** @param now a clock in milliseconds */
export function tierView(
  event: Extract<Event, { type: 'tier-started' }>,
  options: { readonly verbosity: number; readonly now: () => number },
): TierView {
  const width = Math.max(0, ...event.hosts.map((host) => host.length))
  const hosts = new Map<string, HostView>(event.hosts.map((host) => [host, { host, begun: false, done: 0, steps: 0 }]))
  const name = (host: string) => span('bold', host.padEnd(width))
  const { ended: over, end: endList } = ending()
  let noted: string | undefined
  let ended = 0

  const change = (host: string, edit: (view: HostView) => void) => {
    const view = hosts.get(host)
    if (view !== undefined && view.final === undefined) edit(view)
  }
  const end = (host: string, final: FinalRow) =>
    change(host, (view) => {
      ended += 1
      view.ended = ended
      view.final = final
    })
  const count = (state: LiveRow['state']) => [...hosts.values()].filter(({ final }) => final?.state === state).length
  const head = (...parts: readonly Line[number][]): Line => line(span('bold', event.tier), '  ', ...parts)
  const view = (): LiveView => ({
    head: {
      state: 'active',
      title: () =>
        head(
          span('dim', ended === 0 ? counted(hosts.size, 'host') : `${ended}/${hosts.size}`),
          ...(count('failed') === 0 ? [] : [span('bad', `  ${count('failed')} failed`)]),
          ...(noted === undefined ? [] : [span('warn', `  ${noted}`)]),
        ),
    },
    rows: [...hosts.values()].map((one) => rowOf(one, name(one.host), options.now)),
  })
  const final = (): LiveView => {
    const [failed, skipped] = [count('failed'), hosts.size - ended + count('skipped')]
    const parts = [
      counted(hosts.size, 'host'),
      ...(failed > 0 ? [`${failed} failed`] : []),
      ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ]
    return {
      // A tick says that all of the tier is done.
      head: {
        state: skipped === hosts.size ? 'skipped' : skipped + failed > 0 ? 'failed' : 'done',
        title: () => head(span('dim', parts.join(', '))),
      },
      rows: finalRows(
        [...hosts.values()].flatMap((one) => one.final ?? []),
        { width, fold: options.verbosity === 0 },
      ),
    }
  }

  return {
    list: { view, final, ended: over },
    begun: (host) =>
      change(host, (one) => {
        one.begun = true
      }),
    step: ({ host, key, action }, plan) =>
      change(host, (one) => {
        one.begun = true
        one.step = { name: action === 'handler' ? key.replace(/^handler:/, '') : key, since: options.now() }
        one.output = undefined
        one.steps = Math.max(stepsOf(plan), one.done + 1)
      }),
    stepDone: (host) =>
      change(host, (one) => {
        one.done += 1
        // The name stays until the next one comes, so that the row does not blink.
        one.step = one.step && { ...one.step, since: undefined }
        one.output = undefined
      }),
    say: (host, text) =>
      change(host, (one) => {
        one.output = text
      }),
    note(text) {
      noted = text
    },
    hostDone: (result) => end(result.host, finalOf(result, options.verbosity)),
    ahead: ({ host, changes, ok, ms }) =>
      end(host, {
        host,
        state: ok ? 'done' : 'failed',
        what: ok ? line(counted(changes, 'change')) : line(span('bad', 'failed')),
        ms,
      }),
    end: endList,
  }
}

const stepsOf = (plan: HostPlan | undefined): number =>
  plan === undefined ? 0 : plan.items.filter(({ action }) => action !== 'none').length + plan.handlers.length

function rowOf(view: HostView, name: Line[number], now: () => number): LiveRow {
  const { final, step, output: said, ended } = view
  if (final)
    return { state: final.state, title: () => (final.what.length === 0 ? [] : line(name, '  ', ...final.what)), ended }
  const seconds = (since: number) => Math.floor((now() - since) / 1000)
  const title = () => {
    const since = step?.since
    const time = since === undefined || seconds(since) < SLOW ? '' : `  ${seconds(since)} s`
    return line(name, `  ${step?.name ?? ''}`, span('dim', placeOf(view) + time))
  }
  return {
    state: view.begun ? 'active' : 'waiting',
    title,
    output: said === undefined ? undefined : () => line(span('dim', said)),
  }
}

const placeOf = ({ steps, done, step }: HostView): string =>
  steps === 0 ? '' : `  ${Math.min(step?.since === undefined ? done : done + 1, steps)}/${steps}`
