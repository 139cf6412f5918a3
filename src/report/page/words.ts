import type { RecordedHost } from '../../records/record.ts'
import { PHASES, type Phase, type PhaseOf } from '../../rollout/phase.ts'
import type { Doing, Stretch } from '../story.ts'

const BEFORE: Readonly<Record<Exclude<Doing, Phase | 'change' | 'handler'>, string>> = {
  connect: 'log in',
  probe: 'probe and plan',
  wait: 'wait for its turn',
  work: 'at work',
}

const isBefore = ({ turn }: PhaseOf): boolean => turn === 'beforeTier' || turn === 'takeOut'
const labels = (phases: readonly PhaseOf[]) => phases.map(({ phase, label }) => [phase, label] as const)

/** For people who see no colours, or none of a screen: in the order in which things are done. */
export const DOINGS: ReadonlyMap<string, string> = new Map([
  ...Object.entries(BEFORE),
  ...labels(PHASES.filter(isBefore)),
  ...(['change', 'handler'] as const).map((doing) => [doing, doing] as const),
  ...labels(PHASES.filter((row) => !isBefore(row))),
])

export const doingWord = (doing: Doing): string => DOINGS.get(doing) ?? doing

/** Without what stands beside it: `out of backend web` of `drain:out of backend web`. */
export const stepName = ({ doing, key = '' }: Pick<Stretch, 'doing' | 'key'>): string =>
  key.startsWith(`${doing}:`) ? key.slice(doing.length + 1) : key

export type Ended = RecordedHost['outcome']

export const OUTCOMES: Readonly<Record<Ended, { readonly sign: string; readonly word: string }>> = {
  ok: { sign: '✓', word: 'ok' },
  changed: { sign: '●', word: 'changed' },
  planned: { sign: '◐', word: 'would change' },
  failed: { sign: '✗', word: 'failed' },
  skipped: { sign: '–', word: 'skipped' },
  waiting: { sign: '○', word: 'not begun' },
  unfinished: { sign: '?', word: 'unfinished' },
}
