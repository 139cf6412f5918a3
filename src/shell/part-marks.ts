/**
 * A step that changes several resources says by lines of its own what became of one of them: so a failure names the one
 * that it is about, and what was done before it counts as changed. Nothing hangs on it that an output could forge: only
 * keys of that very step count, and the next run looks for itself.
 */
export interface PartMark {
  readonly outcome: 'done' | 'failed'
  /** As in `service:nginx.service`. */
  readonly key: string
}

/** What a script prints for it. */
export const partMark = ({ outcome, key }: PartMark): string => `provision: ${outcome}: ${key}`

/** The mark that a line is; undefined when it is none. */
export function readPartMark(line: string): PartMark | undefined {
  const [, outcome, key] = /^provision: (done|failed): (.+)$/.exec(line) ?? []
  if (key === undefined || (outcome !== 'done' && outcome !== 'failed')) return undefined
  return { outcome, key }
}
