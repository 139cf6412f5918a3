import { createHash } from 'node:crypto'
import type { CompiledResource } from '../catalog/compiled.ts'
import { askTogether, readTogether } from '../observe/batch.ts'
import type { FileEntry, FileState, WantedFile } from '../observe/files.ts'
import type { Observation, Question } from '../observe/question.ts'
import type { Surroundings } from '../observe/surroundings.ts'
import type { UnitState } from '../observe/units.ts'
import type { HostPlan } from '../plan/host-plan.ts'
import { planHost } from '../plan/planner.ts'
import { kindQuestions } from '../plan/questions.ts'
import type { CompiledRollout } from '../rollout/declared.ts'
import { parseFrame } from '../shell/frame.ts'

/** A file of a host: what is not said is as `touch` makes it for root. Content makes it a regular file. */
export interface RecordedFile extends Partial<Omit<FileEntry, 'content' | 'sha256' | 'size'>> {
  readonly content?: string | undefined
}

/** What a host has, as plain data: JSON holds it. */
export interface Recorded {
  /** By path. Paths that are not here are not there. */
  readonly files?: Readonly<Record<string, RecordedFile | 'absent'>> | undefined
  /** What is around a path, where that stands in the way of a change. */
  readonly surroundings?: Readonly<Record<string, Surroundings>> | undefined
  /** By name, `nginx.service`: those that are not here are not installed. */
  readonly units?: Readonly<Record<string, Partial<UnitState>>> | undefined
  /** What the script of a kind printed, by kind: `package`, `user`. */
  readonly own?: Readonly<Record<string, string>> | undefined
  /** Handlers that an earlier run left. */
  readonly pending?: readonly string[] | undefined
}

interface Tried {
  readonly host: string
  readonly tier: string
  readonly resources: readonly CompiledResource[]
  readonly rollouts: readonly CompiledRollout[]
}

/** What a run would plan on a host that has what was recorded. */
export function planOn({ host, tier, resources, rollouts }: Tried, recorded: Recorded): HostPlan {
  const observed = new Map(kindQuestions(resources).map((question) => [question.id, answered(question, recorded)]))
  const state = { pendingHandlers: recorded.pending ?? [], generation: '' }
  return planHost({ host, tier, resources, rollouts, observed, state }).plan
}

function answered({ id, reads, script }: Question, recorded: Recorded): Observation {
  const { files = {}, surroundings = {}, units = {}, own = {} } = recorded
  const answer = Object.hasOwn(own, id) ? own[id] : undefined
  if (script !== undefined && script.sh !== '' && answer === undefined) {
    return { failed: `was not recorded: say what it printed, own: { '${id}': '…' }`, printed: '' }
  }
  const paths = reads?.files ?? []
  return {
    answers: {
      files: new Map(paths.map((wanted) => [wanted.path, fileState(files[wanted.path], wanted)])),
      surroundings: new Map(paths.flatMap(({ path }) => (surroundings[path] ? [[path, surroundings[path]]] : []))),
      units: new Map((reads?.units ?? []).map((name) => [name, { ...NOT_INSTALLED, ...units[name] }])),
      own: answer ?? '',
    },
  }
}

const NOT_INSTALLED: UnitState = { load: 'not-found', active: 'inactive', sub: 'dead', file: '', needsReload: false }
const ROOTS = { owner: 'root', group: 'root', uid: 0, gid: 0, size: 0 } as const

/** As a host would answer: content only where it is another than the wanted one. */
function fileState(file: RecordedFile | 'absent' | undefined, wanted: WantedFile): FileState {
  if (file === undefined || file === 'absent') return 'absent'
  const { content, type = 'file', mode = type === 'directory' ? '0755' : '0644', ...rest } = file
  const entry: FileEntry = { ...ROOTS, ...rest, type, mode }
  if (type !== 'file') return entry
  const bytes = Buffer.from(content ?? '')
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const isSent = wanted.wantContent && wanted.sha256 !== sha256
  return { ...entry, size: bytes.length, sha256, ...(isSent && { content: bytes }) }
}

const NONCE = 'recorded'

/** What a host is asked so that a recording does not depend on the content that is wanted today. */
const questionsFor = (resources: readonly CompiledResource[]): Question[] =>
  kindQuestions(resources).map((question) => ({
    ...question,
    reads: question.reads && {
      ...question.reads,
      files: question.reads.files?.map(({ path, wantContent, sha256, follow }) =>
        wantContent || sha256 !== undefined ? { path, wantContent: true } : { path, wantContent, follow },
      ),
    },
  }))

/** sh that asks a host, as root, all that a plan of these resources needs. It only reads. */
export const recordingScript = (resources: readonly CompiledResource[]): string =>
  askTogether(NONCE, questionsFor(resources)).sh

/**
 * What {@link recordingScript} printed on a host, as data to be kept beside a test.
 * @throws Error when it is not the answer to what these resources ask
 */
export function recordingOf(resources: readonly CompiledResource[], printed: string): Recorded {
  const questions = questionsFor(resources)
  const read = readTogether(questions, parseFrame(NONCE, printed))
  const files: Record<string, RecordedFile | 'absent'> = {}
  const surroundings: Record<string, Surroundings> = {}
  const units: Record<string, UnitState> = {}
  const own: Record<string, string> = {}
  for (const { id, script } of questions) {
    const { answers, failed } = read.get(id) ?? { failed: 'is not in it, or is of another version of the role' }
    if (answers === undefined) throw new Error(`the answer of ${id} ${failed}: record it anew`)
    for (const [path, state] of answers.files) files[path] = asRecorded(state)
    Object.assign(surroundings, Object.fromEntries(answers.surroundings))
    Object.assign(units, Object.fromEntries(answers.units))
    if (script !== undefined && script.sh !== '') own[id] = answers.own
  }
  return { files, surroundings, units, own }
}

function asRecorded(state: FileState): RecordedFile | 'absent' {
  if (state === 'absent') return state
  const { content, sha256: _, size: __, ...rest } = state
  return { ...rest, ...(content && { content: content.toString('utf8') }) }
}
