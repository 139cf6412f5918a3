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
    countsLine(summary, check),
    ...drainedLines(results, check),
    ...servingLines(results),
    ...notTried(results),
    ...owedLines(results),
    ...notes.map((note) => line(span('warn', 'note: '), note)),
    ...(check ? [] : nextLines(event)),
  ]
}

const countsLine = (summary: Summary, check: boolean): Line => {
  const { ok, changed, planned, failed, skipped, ms } = summary
  const counts: Span[] = [
    check
      ? span(planned > 0 ? 'change' : 'good', `${planned} would change`)
      : span(changed > 0 ? 'change' : 'good', `${changed} changed`),
    span('good', `${ok} ok`),
    ...(failed > 0 ? [span('bad', `${failed} failed`)] : [{ text: '0 failed' }]),
    ...(skipped > 0 ? [span('warn', `${skipped} not tried`)] : []),
  ]
  const next = check && planned > 0 ? '; run without --check to apply' : ''
  const hosts = ok + changed + planned + failed + skipped
  return line(
    span('bold', `${counted(hosts, 'host')}: `),
    ...counts.flatMap((count, i) => (i === 0 ? [count] : [', ', count])),
    ` in ${duration(ms)}${next}`,
  )
}

const notTried = (results: readonly HostResult[]): Line[] => {
  const skipped = results.filter((result) => result.outcome === 'skipped')
  return grouped(skipped, ({ failure }) => failure?.message ?? '').map(([reason, hosts]) =>
    line(span('warn', 'not tried: '), listing(hosts), reason === '' ? '' : ` (${reason})`),
  )
}

const owedLines = (results: readonly HostResult[]): Line[] => {
  const owing = results.filter(({ owed }) => owed.length > 0)
  return grouped(owing, ({ owed }) => owed.join(', ')).map(([handlers, hosts]) =>
    line(span('warn', 'still owed: '), `${handlers} on ${listing(hosts)}; the next run pays it`),
  )
}

const drainedLines = (results: readonly HostResult[], check: boolean): Line[] => {
  const out = results.filter(({ drained }) => drained).map(({ host }) => host)
  if (out.length === 0) return []
  const them = out.length === 1 ? 'it' : 'them'
  const next = check ? `a run puts ${them} back` : `the next run puts ${them} back once all is well`
  return [line(span('warn', 'out of service (drained): '), `${listing(out)}; ${next}`)]
}

/** Where hosts are taken out, those that failed and are not out have to be told of as well. */
const servingLines = (results: readonly HostResult[]): Line[] => {
  const rolled = results.some(({ drained, putBack }) => drained || putBack)
  const failed = results.filter(({ outcome, drained }) => outcome === 'failed' && !drained)
  const back = failed.filter(({ putBack }) => putBack).map(({ host }) => host)
  const never = failed.filter(({ putBack, failure }) => !putBack && (rolled || failure?.code === 'verify'))
  return [
    ...(back.length > 0 ? [line(span('warn', 'failed, but back in service: '), listing(back))] : []),
    ...(never.length > 0
      ? [line(span('warn', 'failed, and was never taken out of service: '), listing(never.map(({ host }) => host)))]
      : []),
  ]
}

/** Names of hosts by what they have in common. */
const grouped = (results: readonly HostResult[], by: (result: HostResult) => string): [string, string[]][] => {
  const groups = new Map<string, string[]>()
  for (const result of results) {
    const name = by(result)
    groups.set(name, [...(groups.get(name) ?? []), result.host])
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
