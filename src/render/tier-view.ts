import type { Event, HostResult } from '../execute/events.ts'
import type { HostPlan } from '../plan/host-plan.ts'
import { costText, doneText } from './format/host.ts'
import { type Line, line, span } from './format/line.ts'
import { counted, duration } from './format/words.ts'
import { createRow, type Row, type RowState } from './row.ts'

/** With more hosts than this, those that are done leave the live list, so that those at work stay on the screen. */
const MANY = 12
/** Seconds after which a step shows how long it takes. */
const SLOW = 3

type StepStarted = Extract<Event, { type: 'step-started' }>

/** A tier at work: a head and a row for each host. */
export interface TierView {
  readonly head: Row
  readonly rows: readonly Row[]
  begun(host: string): void
  step(event: StepStarted, plan: HostPlan | undefined): void
  stepDone(host: string): void
  say(host: string, text: string): void
  /** A word about the whole run, beside the tier's name while it is at work. */
  note(text: string): void
  hostDone(result: HostResult): void
  /** The end of a host's head start. */
  ahead(event: Extract<Event, { type: 'host-begun' }>): void
  /** Shows how long slow steps take. */
  tick(): void
  /** The tier is done: rows that were kept back are shown. */
  end(): void
}

interface HostView {
  readonly row: Row
  begun: boolean
  step?: { readonly name: string; readonly since: number | undefined } | undefined
  done: number
  steps: number
  said?: string | undefined
  final?: RowState | undefined
}

/** @param now a clock in milliseconds */
export function tierView(
  event: Extract<Event, { type: 'tier-started' }>,
  options: { readonly verbosity: number; readonly now: () => number },
): TierView {
  const width = Math.max(0, ...event.hosts.map((host) => host.length))
  const keepBack = event.hosts.length > MANY
  const hosts = new Map<string, HostView>(
    event.hosts.map((host) => [
      host,
      { row: createRow({ title: [], state: 'active' }), begun: false, done: 0, steps: 0 },
    ]),
  )
  const title = (count: string, noted?: string): Line =>
    line(
      span('bold', event.tier),
      span('dim', `  ${count}`),
      ...(noted === undefined ? [] : [span('warn', `  ${noted}`)]),
    )
  const head = createRow({ title: title(counted(event.hosts.length, 'host')), state: 'active' })
  const name = (host: string) => span('bold', host.padEnd(width))
  let noted: string | undefined
  const progress = () => {
    const done = [...hosts.values()].filter(({ final }) => final !== undefined).length
    head.set({
      title: title(done === 0 ? counted(hosts.size, 'host') : `${done}/${hosts.size}`, noted),
      state: 'active',
    })
  }

  const active = (host: string, view: HostView) => {
    if (!view.begun || view.final) return
    const since = view.step?.since
    const seconds = since === undefined ? 0 : Math.floor((options.now() - since) / 1000)
    const place =
      view.steps === 0 ? '' : `  ${Math.min(since === undefined ? view.done : view.done + 1, view.steps)}/${view.steps}`
    view.row.set({
      title: line(
        name(host),
        `  ${view.step?.name ?? ''}`,
        span('dim', place + (seconds < SLOW ? '' : `  ${seconds} s`)),
      ),
      output: view.said === undefined ? undefined : line(span('dim', view.said)),
      state: 'active',
    })
  }
  const change = (host: string, edit: (view: HostView) => void) => {
    const view = hosts.get(host)
    if (view === undefined) return
    edit(view)
    active(host, view)
  }

  const ended = (host: string, final: RowState) => {
    const view = hosts.get(host)
    if (view === undefined) return
    view.final = final
    view.row.set(keepBack ? { title: [], state: 'active' } : final)
    progress()
  }

  return {
    head,
    rows: [...hosts.values()].map(({ row }) => row),
    begun: (host) =>
      change(host, (view) => {
        view.begun = true
      }),
    step: ({ host, key, action }, plan) =>
      change(host, (view) => {
        view.begun = true
        view.step = { name: action === 'handler' ? key.replace(/^handler:/, '') : key, since: options.now() }
        view.said = undefined
        view.steps = Math.max(stepsOf(plan), view.done + 1)
      }),
    stepDone: (host) =>
      change(host, (view) => {
        view.done += 1
        // The name stays until the next one comes, so that the row does not blink.
        view.step = view.step && { ...view.step, since: undefined }
        view.said = undefined
      }),
    say: (host, text) =>
      change(host, (view) => {
        view.said = text
      }),
    note(text) {
      noted = text
      progress()
    },
    hostDone: (result) => ended(result.host, finalState(result, name(result.host), options.verbosity)),
    ahead: ({ host, changes, ok, ms }) =>
      ended(host, {
        title: line(
          name(host),
          ok ? `  ${counted(changes, 'change')}` : span('bad', '  failed'),
          span('dim', `  ${duration(ms)}`),
        ),
        state: ok ? 'done' : 'failed',
      }),
    tick() {
      for (const [host, view] of hosts) active(host, view)
    },
    end() {
      for (const { row, final } of hosts.values()) row.set(final ?? { title: [], state: 'skipped' })
      const states = [...hosts.values()].map(({ final }) => final?.state ?? 'skipped')
      const count = (state: RowState['state']) => states.filter((one) => one === state).length
      const [failed, skipped] = [count('failed'), count('skipped')]
      const parts = [
        counted(hosts.size, 'host'),
        ...(failed > 0 ? [`${failed} failed`] : []),
        ...(skipped > 0 ? [`${skipped} skipped`] : []),
      ]
      // A tick says that all of the tier is done. Rows under a skipped head would not be shown.
      head.set({
        title: title(parts.join(', ')),
        state: skipped === hosts.size ? 'skipped' : skipped > 0 ? 'failed' : 'done',
      })
    },
  }
}

const stepsOf = (plan: HostPlan | undefined): number =>
  plan === undefined ? 0 : plan.items.filter(({ action }) => action !== 'none').length + plan.handlers.length

const finalState = (result: HostResult, name: Line[number], verbosity: number): RowState => {
  const cost = span('dim', `  ${verbosity >= 1 ? costText(result) : duration(result.ms)}`)
  switch (result.outcome) {
    case 'changed':
      return { title: line(name, `  ${doneText(result)}`, cost), state: 'done' }
    case 'failed': {
      const at = result.failure?.resource
      return {
        title: line(name, span('bad', at === undefined ? '  failed' : `  failed at ${at}`), cost),
        state: 'failed',
      }
    }
    case 'skipped':
      return { title: line(name, span('warn', '  skipped')), state: 'skipped' }
    case 'ok':
    case 'planned':
      // Told together with the other unchanged ones, under the tree.
      return { title: [], state: 'done' }
  }
}
