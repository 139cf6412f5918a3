import type { Unreadable } from '../../records/list.ts'
import type { RecordOverview } from '../../records/read.ts'
import type { RecordedHost } from '../../records/record.ts'
import { type Line, line, type Span, span } from '../../render/format/line.ts'
import { counted, duration, listing } from '../../render/format/words.ts'
import { words } from '../../shell/quote.ts'
import { type Cell, table } from '../table.ts'
import { shortName } from './find.ts'
import type { HistoryEntry } from './select.ts'

/** Keys of a host that are named. */
const KEYS = 6

/** `provision history`: a run a line, newest first; where hosts or resources are asked for, below it what became of them. */
export function historyLines(entries: readonly HistoryEntry[], detailed: boolean): Line[] {
  const rows = entries.map((one): readonly Cell[] => [
    span('bold', shortName(one.head.id)),
    timeOf(one.head.began),
    whoOf(one),
    span('dim', typedOf(one)),
    howText(one),
  ])
  if (entries.length === 0) return []
  const lines = table(['run', 'begun', 'by', 'command', 'outcome'], rows)
  if (!detailed) return lines
  const [heads = [], ...runs] = lines
  return [heads, ...runs.flatMap((row, i) => [row, ...(entries[i]?.hosts ?? []).map(hostLine)])]
}

/** The time here. `2026-11-28 05:43:21` */
export function timeOf(iso: string): string {
  const at = new Date(iso)
  const two = (part: number) => String(part).padStart(2, '0')
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-')
  return `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}`
}

export const whoOf = ({ head: { by } }: Pick<RecordOverview, 'head'>): string => `${by.user}@${by.machine}`

/** What was typed, the program left out; of a retry also what that was. */
export function typedOf({ head: { argv, again, limit } }: Pick<RecordOverview, 'head'>): string {
  const isRetry = argv.some((word) => word === '--retry' || word.startsWith('--retry='))
  const meant = words([...again, ...limit.flatMap((hosts) => ['--limit', hosts])])
  return isRetry ? `${words(argv)} (${meant})` : words(argv)
}

/** How a run ended, or how it stands. */
export function howText(one: RecordOverview): Span {
  const { state, outcome, head } = one
  const time = duration(one.ms)
  const unfinished = outcome.hosts.filter((host) => host.outcome === 'unfinished')
  const at = unfinished.map(({ host, at }) => (at === undefined ? host : `${host} (${at})`))
  const inProgress = at.length > 0 ? `; in progress: ${listing(at, 3)}` : ''
  if (state === 'running') return span('change', `running${inProgress}`)
  if (state === 'killed') return span('bad', `killed after ${time}${inProgress}`)
  if (state === 'cut') return span('bad', 'not known: the record could not be written to its end')
  const [problem, ...more] = outcome.problems
  if (problem !== undefined) {
    const others = more.length > 0 ? ` (and ${counted(more.length, 'other problem')})` : ''
    return span('bad', `ended by an error: ${problem.split('\n')[0]}${others}`)
  }
  const { ok = 0, changed = 0, planned = 0, failed = 0, skipped = 0 } = outcome.summary ?? {}
  const counts = [
    head.check ? `${planned} would change` : `${changed} changed`,
    `${ok} ok`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ]
  const role = failed > 0 ? 'bad' : skipped > 0 ? 'warn' : changed + planned > 0 ? 'change' : 'good'
  return span(role, `${counts.join(', ')} in ${time}`)
}

const hostLine = ({ host, outcome, changed, at, failure }: RecordedHost): Line =>
  line(
    '    ',
    span('bold', host),
    ` ${OUTCOMES[outcome]}`,
    ...(at === undefined ? [] : [` at ${at}`]),
    ...(changed.length > 0 ? [`: ${listing(changed, KEYS)}`] : []),
    ...(failure ? [span('bad', `  ${failure.resource ?? failure.code}: ${failure.message.split('\n')[0]}`)] : []),
  )

const OUTCOMES: Readonly<Record<RecordedHost['outcome'], string>> = {
  ok: 'ok',
  changed: 'changed',
  planned: 'would change',
  failed: 'failed',
  skipped: 'skipped',
  waiting: 'not begun',
  unfinished: 'unfinished',
}

/** Those that could not be read, by the reason. */
export const unreadableText = (unreadable: readonly Unreadable[]): string | undefined =>
  unreadable.length === 0
    ? undefined
    : `${counted(unreadable.length, 'record')} can't be read (${[...new Set(unreadable.map(({ why }) => why))].join(', ')})`
