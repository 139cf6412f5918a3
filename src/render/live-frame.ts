import { clip, indent, type Line, line, type Span, span, type Tone } from './format/line.ts'
import { type LiveRow, type LiveView, MANY } from './live-view.ts'

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** What stands before a row, by how it is. */
export type Icons = Readonly<Record<Exclude<LiveRow['state'], 'waiting'> | 'head' | 'output', string>>

const TONES: Readonly<Record<LiveRow['state'], Tone>> = {
  ...{ waiting: 'dim', active: 'run', done: 'good', failed: 'bad', skipped: 'warn' },
}
/** Lines that are wrapped would move the cursor: the last column stays empty. */
const EDGE = 1

/**
 * The list as it fits on a screen: never taller, with a line left for the cursor, and never wider. As long as its rows are few
 * they keep their places; else those that failed and those at work are shown, and the rest is one line of counts.
 */
export function frameOf({ head, rows }: LiveView, size: Size, icons: Icons): Line[] {
  const room = Math.max(0, size.rows - 2)
  const begun = rows.filter((row) => row.state !== 'waiting' && row.title().length > 0)
  const below =
    rows.length <= MANY && begun.length <= room ? withOutputs(begun, room, icons) : firstThings(rows, room, icons)
  const top = head.state === 'active' ? line(span('run', icons.head), ' ', ...head.title()) : rowLine(head, icons)
  return [top, ...indent(below)].map((one) => clip(one, size.columns - EDGE))
}

/** All of the list, whatever the height of the screen. */
export function wholeOf({ head, rows }: LiveView, columns: number, icons: Icons): Line[] {
  const shown = rows.filter((row) => row.state !== 'waiting' && row.title().length > 0)
  return [rowLine(head, icons), ...indent(shown.map((row) => rowLine(row, icons)))].map((one) =>
    clip(one, columns - EDGE),
  )
}

/** Room that is left is given to what rows say, from the top. */
function withOutputs(rows: readonly LiveRow[], room: number, icons: Icons): Line[] {
  let left = room - rows.length
  return rows.flatMap((row) => {
    const output = left > 0 && row.state === 'active' ? row.output?.() : undefined
    if (output === undefined || output.length === 0) return [rowLine(row, icons)]
    left -= 1
    return [rowLine(row, icons), line('  ', span('dim', `${icons.output} `), ...output)]
  })
}

/** Failed rows, the last ones where there are too many, then those at work; all others are counted in the last line. */
function firstThings(rows: readonly LiveRow[], room: number, icons: Icons): Line[] {
  if (room === 0) return []
  const failed = rows.filter(({ state }) => state === 'failed').toSorted((a, b) => (a.ended ?? 0) - (b.ended ?? 0))
  const active = rows.filter(({ state }) => state === 'active')
  const places = room - 1
  const forFailed = Math.min(failed.length, Math.max(places - active.length, Math.ceil(places / 2)))
  const forActive = Math.min(active.length, places - forFailed)
  const shown = [...(forFailed === 0 ? [] : failed.slice(-forFailed)), ...active.slice(0, forActive)]
  return [
    ...withOutputs(shown, places, icons),
    restLine(rows, { failed: failed.length - forFailed, active: active.length - forActive }),
  ]
}

/** `… 26 more running, 114 done, 50 waiting` */
function restLine(rows: readonly LiveRow[], hidden: { readonly failed: number; readonly active: number }): Line {
  const count = (state: LiveRow['state']) => rows.filter((row) => row.state === state).length
  const counted = (tone: Tone, number: number, what: string): Span[] =>
    number === 0 ? [] : [span(tone, `${number} ${what}`)]
  const counts = [
    ...counted('bad', hidden.failed, 'more failed'),
    ...counted('run', hidden.active, 'more running'),
    ...counted('dim', count('done'), 'done'),
    ...counted('warn', count('skipped'), 'skipped'),
    ...counted('dim', count('waiting'), 'waiting'),
  ]
  return counts.length === 0
    ? []
    : line(span('dim', '… '), ...counts.flatMap((one, i) => (i === 0 ? [one] : [', ', one])))
}

const rowLine = (row: LiveRow, icons: Icons): Line =>
  row.state === 'waiting' ? row.title() : line(span(TONES[row.state], icons[row.state]), ' ', ...row.title())
