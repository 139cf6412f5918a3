/** What the probe of files sees about a path besides the file itself, whether something is there or not. */
export interface Surroundings {
  /** Nothing is there, and the directory that would hold it is not either. */
  readonly lonely: boolean
  /** Something is mounted just there. */
  readonly mountPoint: boolean
  /** Something is mounted below it. */
  readonly holdsMount: boolean
  /** Its file system can't be written. */
  readonly readOnly: boolean
  readonly acl: boolean
  /** Content that differs is protected from any change (`chattr +i`). */
  readonly immutable: boolean
}

/** By row of the paths that were asked for, from 0, where there is anything to tell. */
export function parseSurroundings(lines: readonly (readonly string[])[]): Map<number, Surroundings> {
  const all = new Map<number, Surroundings>()
  const read = (tag: string, seen: (marks: readonly string[]) => Partial<Surroundings>) => {
    for (const [first, ...words] of lines) {
      if (first !== tag) continue
      for (const word of words) {
        const [index, marks = ''] = word.split(':')
        const row = Number(index) - 1
        all.set(row, { ...(all.get(row) ?? NOTHING), ...seen(marks.split(',')) })
      }
    }
  }
  read('@lonely', () => ({ lonely: true }))
  read('@acl', () => ({ acl: true }))
  read('@immutable', () => ({ immutable: true }))
  read('@mounts', (marks) => ({
    mountPoint: marks.includes('point'),
    holdsMount: marks.includes('above'),
    readOnly: marks.includes('ro'),
  }))
  return all
}

const NOTHING: Surroundings = {
  lonely: false,
  mountPoint: false,
  holdsMount: false,
  readOnly: false,
  acl: false,
  immutable: false,
}
