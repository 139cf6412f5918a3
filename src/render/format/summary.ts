import type { Event, HostResult, Summary } from '../../execute/events.ts'
import { hintLines } from './failure.ts'
import { type Line, line, type Span, span } from './line.ts'
import { counted, duration, listing } from './words.ts'

type RunFinished = Extract<Event, { type: 'run-finished' }>

/** Names in `--limit` beyond which the advice would be longer than what it saves. */
const LIMIT_NAMES = 12

/** The last lines of a run: what came of it and what to do next. */
export function summaryLines(event: RunFinished, check: boolean): Line[] {
  const { summary, results, notes = [] } = event
  return [
    countsLine(summary, results.length, check),
    ...partlyChanged(results),
    ...drainedLines(results, check),
    ...servingLines(results),
    ...notTried(results),
    ...owedLines(results),
    ...notes.map((note) => line(span('warn', 'note: '), note)),
    ...(check ? [] : nextLines(event)),
  ]
}

const countsLine = (summary: Summary, hosts: number, check: boolean): Line => {
  const { ok, changed, planned, failed, skipped, ms } = summary
  const counts: Span[] = [
    check
      ? span(planned > 0 ? 'change' : 'good', `${planned} would change`)
      : span(changed > 0 ? 'change' : 'good', `${changed} changed`),
    span('good', `${ok} ok`),
    ...(failed > 0 ? [span('bad', `${failed} failed`)] : [{ text: '0 failed' }]),
    ...(skipped > 0 ? [span('warn', `${skipped} skipped`)] : []),
  ]
  const next = check && planned > 0 ? '; nothing was changed' : ''
  return line(
    span('bold', `${counted(hosts, 'host')}: `),
    ...counts.flatMap((count, i) => (i === 0 ? [count] : [', ', count])),
    ` in ${duration(ms)}${next}`,
  )
}

/** Hosts that are neither as they were nor as they should be. */
const partlyChanged = (results: readonly HostResult[]): Line[] => {
  const partly = results.filter(
    ({ outcome, changed, failure }) => outcome === 'failed' && changed.length > 0 && failure?.code !== 'reverted',
  )
  return grouped(partly, ({ changed }) => listing(changed)).map(([changes, hosts]) =>
    line(span('warn', 'changed before it failed: '), `${changes} on ${listing(hosts)}`),
  )
}

const notTried = (results: readonly HostResult[]): Line[] => {
  const skipped = results.filter((result) => result.outcome === 'skipped')
  return grouped(skipped, ({ failure }) => failure?.message ?? '').map(([reason, hosts]) =>
    line(span('warn', 'skipped: '), listing(hosts), reason === '' ? '' : ` (${reason})`),
  )
}

const owedLines = (results: readonly HostResult[]): Line[] => {
  const withMarkers = results.filter(({ pendingHandlers }) => pendingHandlers.length > 0)
  return grouped(withMarkers, ({ pendingHandlers }) => pendingHandlers.join(', ')).map(([handlers, hosts]) =>
    line(span('warn', 'pending handlers: '), `${handlers} on ${listing(hosts)} (will run in the next run)`),
  )
}

const drainedLines = (results: readonly HostResult[], check: boolean): Line[] => {
  const out = results.filter(({ drained }) => drained).map(({ host }) => host)
  if (out.length === 0) return []
  const them = out.length === 1 ? 'it' : 'them'
  const next = check ? `a run puts ${them} back` : `the next run puts ${them} back once all is well`
  return [line(span('warn', 'out of service (drained): '), `${listing(out)}; ${next}`)]
}

/** Codes of hosts that nobody got into. */
const UNREACHED = ['dns', 'refused', 'timeout', 'unreachable', 'host-key', 'auth', 'become']

/** Where hosts are taken out, or a failure keeps others from their turn, those that failed and are not out are told of too. */
const servingLines = (results: readonly HostResult[]): Line[] => {
  const rolled = results.some(({ outcome, drained, putBack }) => drained || putBack || outcome === 'skipped')
  const failed = results.filter(({ outcome, drained }) => outcome === 'failed' && !drained)
  const isUnknown = ({ failure, changed, putBack }: HostResult) =>
    !putBack && changed.length === 0 && failure?.resource === undefined && UNREACHED.includes(failure?.code ?? '')
  const group = (what: string, of: readonly HostResult[]) =>
    of.length === 0 ? [] : [line(span('warn', `${what}: `), listing(of.map(({ host }) => host)))]
  return [
    ...group(
      'failed, but back in service',
      failed.filter(({ putBack }) => putBack),
    ),
    ...group(
      'failed while in service',
      failed.filter((one) => !one.putBack && !isUnknown(one) && (rolled || one.failure?.code === 'verify')),
    ),
    ...group('unreachable: not changed, state unknown', rolled ? failed.filter(isUnknown) : []),
  ]
}

/** Names of hosts by what they have in common. */
const grouped = (results: readonly HostResult[], by: (result: HostResult) => string): [string, string[]][] => {
  const groups = new Map<string, string[]>()
  for (const result of results) {
    const name = by(result)
    const group = groups.get(name)
    if (group) group.push(result.host)
    else groups.set(name, [result.host])
  }
  return [...groups]
}

/** The command that goes on from here. */
const nextLines = ({ results, whole = false, again }: RunFinished): Line[] => {
  const left = results.filter(({ outcome }) => outcome === 'failed' || outcome === 'skipped').map(({ host }) => host)
  if (left.length === 0) return []
  const some = !whole && left.length <= LIMIT_NAMES && left.length < results.length
  const limit = some ? `--limit ${left.join(',')}` : (again?.limit ?? '')
  if (again) return hintLines(`when the cause is gone: ${[again.command, limit].filter(Boolean).join(' ')}`)
  return hintLines(`when the cause is gone, run again${some ? ` with ${limit}` : ''}`)
}
