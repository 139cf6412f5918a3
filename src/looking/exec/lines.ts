import { failureLines } from '../../render/format/failure.ts'
import { BLANK, indent, type Line, line, type Span, span } from '../../render/format/line.ts'
import { counted, listing } from '../../render/format/words.ts'
import type { Executed } from './exec.ts'

/** Hosts on which a command had the same end and printed the same. */
export interface ExecGroup {
  readonly hosts: readonly string[]
  readonly status: number
  readonly lines: number
  readonly output: string
}

/** In the order of their first hosts; those that came to no end are in none. */
export function groupsOf(all: readonly Executed[]): ExecGroup[] {
  const groups = new Map<string, ExecGroup & { readonly hosts: string[] }>()
  for (const { host, status, digest, lines, output } of all) {
    if (status === undefined) continue
    const key = `${status} ${digest}`
    const group = groups.get(key)
    if (group) group.hosts.push(host)
    else groups.set(key, { hosts: [host], status, lines, output })
  }
  return [...groups.values()]
}

/** Lines of an output that are shown once more. */
const SHOWN = 40

/** What came of it: hosts with the same output together, then those that failed, then how many. */
export function execLines(all: readonly Executed[]): Line[] {
  return [
    BLANK,
    ...groupsOf(all).flatMap((group) => [...groupLines(group), BLANK]),
    ...troubleLines(all),
    countLine(all),
  ]
}

const groupLines = (group: ExecGroup): Line[] => {
  const output = group.lines === 0 ? [] : shortened(group.output.replace(/\n$/, '').split('\n'))
  const none = group.lines === 0 ? [span('dim', '  no output')] : []
  return [
    line(span('bold', listing(group.hosts)), ...statusOf(group), ...none),
    ...indent(output.map((text) => line(text))),
  ]
}

const statusOf = ({ status, hosts }: ExecGroup): Span[] => [
  span(status === 0 ? 'good' : 'bad', `  ${status === 0 ? 'ok' : `exit status ${status}`}`),
  ...(hosts.length > 1 ? [span('dim', `  the same on ${counted(hosts.length, 'host')}`)] : []),
]

const shortened = (lines: readonly string[]): string[] => {
  if (lines.length <= SHOWN) return [...lines]
  const half = SHOWN / 2
  return [...lines.slice(0, half), `[… ${lines.length - SHOWN} lines: see above …]`, ...lines.slice(-half)]
}

/** Why hosts came to no end; those that were let go, together. */
export function troubleLines(all: readonly Executed[]): Line[] {
  const failedWith = (code: string) => all.filter(({ failure }) => failure?.code === code).map(({ host }) => host)
  const [ended, left] = [failedWith('aborted'), failedWith('stopped')]
  return [
    ...all.flatMap(({ host, failure }) =>
      failure && !['aborted', 'stopped'].includes(failure.code) ? [...failureLines(host, failure), BLANK] : [],
    ),
    ...(ended.length > 0 ? [line(span('warn', 'ended before it was done: '), listing(ended))] : []),
    ...(left.length > 0 ? [line(span('warn', 'not begun: '), listing(left))] : []),
  ]
}

function countLine(all: readonly Executed[]): Line {
  const good = all.filter(({ status }) => status === 0).length
  const wrong = all.filter(({ status }) => status !== undefined && status !== 0).length
  const none = all.length - good - wrong
  return line(
    span('bold', `${counted(all.length, 'host')}: `),
    span('good', `${good} ok`),
    ...(wrong > 0 ? [', ', span('bad', `${wrong} with another exit status`)] : []),
    ...(none > 0 ? [', ', span('bad', `${none} failed`)] : []),
  )
}
