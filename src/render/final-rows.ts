import type { HostResult } from '../execute/events.ts'
import { costText, doneText } from './format/host.ts'
import { type Line, line, span } from './format/line.ts'
import { duration, listing } from './format/words.ts'
import { type LiveRow, MANY } from './live-view.ts'

/** How a host of a tier ended. */
export interface FinalRow {
  readonly host: string
  readonly state: 'done' | 'failed' | 'skipped'
  /** Empty: it is told elsewhere. */
  readonly what: Line
  readonly ms?: number | undefined
  /** Instead of the time. */
  readonly cost?: string | undefined
}

/** With verbosity, what it cost. */
export function finalOf(result: HostResult, verbosity: number): FinalRow {
  const { host, ms } = result
  const took = verbosity >= 1 ? { cost: costText(result) } : { ms }
  switch (result.outcome) {
    case 'changed':
      return { host, state: 'done', what: line(doneText(result)), ...took }
    case 'failed': {
      const at = result.failure?.resource
      return {
        host,
        state: 'failed',
        what: line(span('bad', at === undefined ? 'failed' : `failed at ${at}`)),
        ...took,
      }
    }
    case 'skipped':
      return { host, state: 'skipped', what: line(span('warn', 'skipped')) }
    case 'ok':
    case 'planned':
      // Told together with the other unchanged ones, under the tree.
      return { host, state: 'done', what: [] }
  }
}

/**
 * What stays on the screen of a tier: a row for each host; of many hosts those that ended alike are one row, `✔ web1, web2 and 198
 * more  4 changes  0.4 s to 2.1 s`, but those that failed, which come first.
 */
export function finalRows(
  rows: readonly FinalRow[],
  { width, fold }: { readonly width: number; readonly fold: boolean },
): LiveRow[] {
  const isFolded = fold && rows.length > MANY
  const groups = new Map<string, FinalRow[]>()
  for (const row of rows) {
    const { host, state, what } = row
    const name = isFolded && state !== 'failed' ? JSON.stringify([state, what]) : host
    const group = groups.get(name)
    if (group) group.push(row)
    else groups.set(name, [row])
  }
  const isFailed = ([first]: readonly FinalRow[]): boolean => first?.state === 'failed'
  const shown = [...groups.values()]
  const ordered = isFolded ? [...shown.filter(isFailed), ...shown.filter((one) => !isFailed(one))] : shown
  return ordered.flatMap((group) => {
    const [first] = group
    return first === undefined ? [] : { state: first.state, title: () => titleOf(first, group, width) }
  })
}

const titleOf = (first: FinalRow, group: readonly FinalRow[], width: number): Line => {
  if (first.what.length === 0) return []
  const hosts = group.map(({ host }) => host)
  const name = group.length === 1 ? first.host.padEnd(width) : listing(hosts, NAMED)
  const cost = first.cost ?? timesOf(group.flatMap(({ ms }) => ms ?? []))
  return line(span('bold', name), '  ', ...first.what, span('dim', cost === '' ? '' : `  ${cost}`))
}

/** Hosts that one row names. */
const NAMED = 3

/** `0.4 s`, `0.4 s to 2.1 s` */
function timesOf(times: readonly number[]): string {
  if (times.length === 0) return ''
  const ends = [Math.min(...times), Math.max(...times)].map(duration)
  return [...new Set(ends)].join(' to ')
}
