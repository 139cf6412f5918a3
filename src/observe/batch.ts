import { messageOf } from '../errors.ts'
import { type Answer, bulkProbeScript, type Fragment, probeScript } from '../shell/frame.ts'
import type { Script } from '../shell/script.ts'
import { parseFiles, probeFiles, questionOf, type SeenFile, type WantedFile } from './files.ts'
import type { Observation, Question } from './question.ts'
import { parseUnits, probeUnits, type UnitState } from './units.ts'

/** Ids of the parts that all questions share; a question's own parts are called after it. */
const SHARED = 'provision'
const filesId = (id: string): string => `${id}.files`
const unitsId = (id: string): string => `${id}.units`

/** Seconds for all questions together, when one shell asks. */
const BULK_TIMEOUT = 60

/** What questions name in `reads`, each once. */
interface Gathered {
  readonly files: readonly WantedFile[]
  readonly units: readonly string[]
}

function gather(questions: readonly Question[]): Gathered {
  const files = questions.flatMap(({ reads }) => reads?.files ?? [])
  return {
    files: [...new Map(files.map((file) => [questionOf(file), file])).values()],
    units: [...new Set(questions.flatMap(({ reads }) => reads?.units ?? []))],
  }
}

type Part = Pick<Fragment, 'id' | 'script'>

const readParts = (id: string, { files, units }: Gathered): Part[] => [
  ...(files.length > 0 ? [{ id: filesId(id), script: probeFiles(files) }] : []),
  ...(units.length > 0 ? [{ id: unitsId(id), script: probeUnits(units) }] : []),
]

const ownParts = ({ id, script }: Question): Part[] => (script && script.sh !== '' ? [{ id, script }] : [])

/**
 * One script that asks a host all of it, files and units once for all questions.
 * @param nonce marks the frames of this exec; unguessable, letters and digits
 */
export function askTogether(nonce: string, questions: readonly Question[], path?: string): Script {
  const parts = [...readParts(SHARED, gather(questions)), ...questions.flatMap(ownParts)]
  return bulkProbeScript(nonce, parts, BULK_TIMEOUT, path)
}

/** One script in which each part of each question is a process of its own, with a time limit of its own. */
export function askApart(nonce: string, questions: readonly Question[], path?: string): Script {
  return probeScript(nonce, questions.flatMap(partsApart), path)
}

/** Seconds that the parts of {@link askApart} may take, one after the other. */
export const limitApart = (questions: readonly Question[]): number =>
  questions.flatMap(partsApart).reduce((sum, { timeout }) => sum + timeout, 0)

const partsApart = (question: Question): Fragment[] =>
  [...readParts(question.id, gather([question])), ...ownParts(question)].map(({ id, script }) => ({
    ...{ id, script, timeout: question.timeout },
  }))

type Frames = ReadonlyMap<string, Answer>

/**
 * The answers to {@link askTogether}, by question. Where the common part failed, hung or makes no sense, those that need
 * it are left out: asked apart, only the one at fault fails.
 */
export function readTogether(questions: readonly Question[], frames: Frames): Map<string, Observation> {
  const { files, units } = readIn(SHARED, gather(questions), frames)
  const shared: Read = { files: files?.is && files, units: units?.is && units }
  return byId(questions, (question) => observed(question, shared, frames))
}

/** The answers to {@link askApart}, by question. One of which a part is missing is left out. */
export function readApart(questions: readonly Question[], frames: Frames): Map<string, Observation> {
  return byId(questions, (question) => observed(question, readIn(question.id, gather([question]), frames), frames))
}

const byId = (questions: readonly Question[], read: (question: Question) => Observation | undefined) =>
  new Map(
    questions.flatMap((question): [string, Observation][] => {
      const observation = read(question)
      return observation ? [[question.id, observation]] : []
    }),
  )

/** A part of an answer as data, or why it has none. */
type Parsed<T> = { readonly is: T; readonly failed?: undefined } | { readonly is?: undefined; readonly failed: string }

/** What was read of files, by what was asked (two may ask of one path what is not the same), and of units, by name. */
interface Read {
  /** Undefined: it did not come. */
  readonly files: Parsed<ReadonlyMap<string, SeenFile>> | undefined
  readonly units: Parsed<ReadonlyMap<string, UnitState>> | undefined
}

const readIn = (id: string, { files, units }: Gathered, frames: Frames): Read => ({
  files: parsed(frames.get(filesId(id)), (body) => {
    const seen = parseFiles(body, files)
    return new Map(files.flatMap((file, row) => (seen[row] ? [[questionOf(file), seen[row]]] : [])))
  }),
  units: parsed(frames.get(unitsId(id)), (body) => parseUnits(body, units)),
})

function parsed<T>(answer: Answer | undefined, parse: (body: string) => T): Parsed<T> | undefined {
  if (answer === undefined) return undefined
  const failed = failureOf(answer)
  if (failed !== undefined) return { failed }
  try {
    return { is: parse(answer.body) }
  } catch (error) {
    return { failed: `can't be read: ${messageOf(error)}` }
  }
}

const failureOf = ({ status }: Answer): string | undefined => {
  if (status === 124) return 'hung and was ended'
  return status === 0 ? undefined : `failed with status ${status}`
}

/** One question's share; undefined where a part of its answer did not come. */
function observed(question: Question, { files, units }: Read, frames: Frames): Observation | undefined {
  const { files: wanted = [], units: names = [] } = question.reads ?? {}
  const own = ownAnswer(question, frames)
  const parts = [...(wanted.length > 0 ? [files] : []), ...(names.length > 0 ? [units] : []), own]
  const failed = parts.find((part) => part?.failed !== undefined)?.failed
  if (failed !== undefined) return { failed, printed: frames.get(question.id)?.body ?? '' }
  if (own?.is === undefined || parts.includes(undefined)) return undefined
  const seen = wanted.flatMap((file) => pair(file.path, files?.is?.get(questionOf(file))))
  return {
    answers: {
      files: new Map(seen.map(([path, { state }]) => [path, state])),
      surroundings: new Map(seen.flatMap(([path, { surroundings }]) => pair(path, surroundings))),
      units: new Map(names.flatMap((name) => pair(name, units?.is?.get(name)))),
      own: own.is,
    },
  }
}

const ownAnswer = (question: Question, frames: Frames): Parsed<string> | undefined =>
  ownParts(question).length === 0 ? { is: '' } : parsed(frames.get(question.id), (body) => body)

const pair = <T>(key: string, value: T | undefined): [string, T][] => (value === undefined ? [] : [[key, value]])
