import type { RecordedHost } from '../../records/record.ts'
import type { Doing, Stretch } from '../story.ts'

/** For people who see no colours, or none of a screen. */
export const DOINGS: Readonly<Record<Doing, string>> = {
  connect: 'log in',
  probe: 'probe and plan',
  wait: 'wait for its turn',
  work: 'at work',
  preflight: 'preflight',
  drain: 'drain',
  change: 'change',
  handler: 'handler',
  gate: 'gate',
  undrain: 'back in service',
  verify: 'verify',
}

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
