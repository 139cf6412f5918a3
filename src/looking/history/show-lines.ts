import type { RecordOverview } from '../../records/read.ts'
import { BLANK, type Line, line, span } from '../../render/format/line.ts'
import { howText, timeOf, typedOf, whoOf } from './lines.ts'

/** What stands above the events of a run: who, when, where, with which words and of what. */
export function headLines(one: RecordOverview): Line[] {
  const { head, end } = one
  const digests = end?.digests
  const made = digests
    ? `code ${digests.code.slice(0, 12)}, inventory ${digests.inventory.slice(0, 12)}`
    : 'digests of code and inventory are not known'
  return [
    line(span('bold', `run ${head.id}`), `  ${timeOf(head.began)}  ${whoOf(one)} in ${head.project}`),
    line(span('dim', `  provision ${typedOf(one)}`)),
    line(span('dim', `  version ${head.provision}, ${made}`)),
    BLANK,
  ]
}

/** What stands below them where the run itself did not say how it ended. */
export function tailLines(one: RecordOverview): Line[] {
  if (one.state === 'ended') return []
  const { hosts } = one.outcome
  const named = (outcome: string) => hosts.filter((host) => host.outcome === outcome).map(({ host }) => host)
  const waiting = named('waiting')
  return [
    BLANK,
    line(span('bold', 'end of the record: '), howText(one)),
    ...(waiting.length > 0 ? [line(`not begun: ${waiting.join(', ')}`)] : []),
    ...(one.state === 'killed' && !one.head.check ? [line(span('dim', NEXT))] : []),
  ]
}

const NEXT =
  '  → provision --retry takes up what was not finished; a step that was at work has run to its end on its host'
