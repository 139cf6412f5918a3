import { askApart, readApart } from '../../src/observe/batch.ts'
import type { FileState } from '../../src/observe/files.ts'
import type { Answers, Observation, Question } from '../../src/observe/question.ts'
import type { Surroundings } from '../../src/observe/surroundings.ts'
import type { UnitState } from '../../src/observe/units.ts'
import type { ResourceKind } from '../../src/resources/resource.ts'
import { parseFrame } from '../../src/shell/frame.ts'
import { EMPTY, type Script } from '../../src/shell/script.ts'
import { dash } from '../shell/dash.ts'

/** What a host answers, as a test says it. */
export interface Said {
  readonly files?: Readonly<Record<string, FileState>> | undefined
  readonly surroundings?: Readonly<Record<string, Surroundings>> | undefined
  readonly units?: Readonly<Record<string, UnitState>> | undefined
  readonly own?: string | undefined
}

export const answers = ({ files = {}, surroundings = {}, units = {}, own = '' }: Said): Answers => ({
  files: new Map(Object.entries(files)),
  surroundings: new Map(Object.entries(surroundings)),
  units: new Map(Object.entries(units)),
  own,
})

/** Answers of a kind that asks with a script of its own only. */
export const own = (text: string): Answers => answers({ own: text })

/**
 * What a kind gets where a host has nothing but what a test says: other paths that it reads are absent.
 * @throws Error for what it does not read, and for a unit that it reads and nothing is said of
 */
export function answersTo<D, A>(kind: ResourceKind<D, A>, desired: readonly D[], said: Said): Answers {
  const { files = [], units = [] } = kind.reads?.(desired) ?? {}
  const paths = files.map(({ path }) => path)
  const strange = [
    ...Object.keys({ ...said.files, ...said.surroundings }).filter((path) => !paths.includes(path)),
    ...Object.keys(said.units ?? {}).filter((name) => !units.includes(name)),
  ]
  if (strange.length > 0) throw new Error(`${kind.kind} does not read ${strange.join(', ')}`)
  const unsaid = units.filter((name) => said.units?.[name] === undefined)
  if (unsaid.length > 0) throw new Error(`nothing is said of ${unsaid.join(', ')}`)
  if (said.own !== undefined && kind.probe === undefined) throw new Error(`${kind.kind} has no script of its own`)
  const absent = Object.fromEntries(paths.map((path) => [path, 'absent' as const]))
  return answers({ ...said, files: { ...absent, ...said.files } })
}

/** The script of its own that a kind asks with; empty where it has none. */
export const scriptOf = <D, A>(kind: ResourceKind<D, A>, desired: readonly D[]): Script =>
  kind.probe?.(desired) ?? EMPTY

/** What a kind asks, in full. */
export const questionOf = <D, A>({ reads, probe }: ResourceKind<D, A>, desired: readonly D[]) => ({
  ...{ reads: reads?.(desired), script: probe?.(desired), timeout: 30 },
})

/** Asks this machine, in the frame that targets get. */
export function asked(question: Omit<Question, 'id'>): Observation {
  const questions = [{ id: 'probe', ...question }]
  const ran = dash(askApart('t', questions))
  return readApart(questions, parseFrame('t', ran.stdout)).get('probe') ?? { failed: ran.stderr, printed: ran.stdout }
}

/** What a kind finds on this machine. @throws Error when its probe failed */
export function foundHere<D, A>(kind: ResourceKind<D, A>, desired: readonly D[]): ReturnType<typeof kind.parse> {
  const found = asked(questionOf(kind, desired))
  if (found.answers === undefined) throw new Error(`the probe ${found.failed}`)
  return kind.parse(found.answers, desired)
}
