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

/** Lines of the answer that list paths by index, with marks behind a colon where there are any. */
const TAGS = ['@lonely', '@acl', '@mounts', '@immutable']

interface Listed {
  readonly index: number
  readonly marks: readonly string[]
}

const listedIn = (lines: readonly (readonly string[])[], tag: string): Listed[] =>
  lines.flatMap(([first, ...words]) =>
    first === tag
      ? words.map((word) => {
          const [index, marks = ''] = word.split(':')
          return { index: Number(index), marks: marks === '' ? [] : marks.split(',') }
        })
      : [],
  )

/**
 * Of each of `count` paths, in order; undefined where there is nothing to tell.
 * @param answer to the probe of files
 */
export function parseSurroundings(answer: string, count: number): (Surroundings | undefined)[] {
  const lines = answer.split('\n').map((line) => line.split(' '))
  const all: (Surroundings | undefined)[] = Array.from({ length: count }, () => undefined)
  const add = ({ index }: Listed, more: Partial<Surroundings>) => {
    all[index - 1] = { ...(all[index - 1] ?? NOTHING), ...more }
  }
  for (const one of listedIn(lines, '@lonely')) add(one, { lonely: true })
  for (const one of listedIn(lines, '@acl')) add(one, { acl: true })
  for (const one of listedIn(lines, '@immutable')) add(one, { immutable: true })
  for (const one of listedIn(lines, '@mounts')) {
    const has = (mark: string) => one.marks.includes(mark)
    add(one, { mountPoint: has('point'), holdsMount: has('above'), readOnly: has('ro') })
  }
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

/** The lines of an answer, split at blanks, as they would be for `count` of its paths, those after the first `before`. */
export function shareOfSurroundings(lines: readonly (readonly string[])[], before: number, count: number): string[] {
  return TAGS.flatMap((tag) => {
    const own = listedIn(lines, tag).filter(({ index }) => index > before && index <= before + count)
    const words = own.map(({ index, marks }) => [
      String(index - before),
      ...(marks.length > 0 ? [marks.join(',')] : []),
    ])
    return own.length === 0 ? [] : [[tag, ...words.map((parts) => parts.join(':'))].join(' ')]
  })
}
