import type { StepInfo } from '../host/apply-output.ts'
import type { ChangeStep, HostSession } from '../host/session.ts'
import { withoutSecrets } from '../masking/secret.ts'
import { artifactsOf, type Segment, type Step } from '../plan/segments.ts'
import type { Artifact, Handler, WriteArtifact } from '../resources/resource.ts'
import { writeBytes } from '../shell/script.ts'
import { runPending, withMarkers } from './pending-handlers.ts'
import { arm, PROOF_SECONDS, shorten } from './revert-timer.ts'

/** Seconds for a step whose kind names no time of its own. */
const APPLY_TIMEOUT = 300
const HANDLER_TIMEOUT = 180
/** For what the session does at the end of each change. */
const RENEW_TIMEOUT = 30

export interface SegmentRun {
  readonly segment: Segment
  readonly handlers: readonly Handler[]
  /** Generation of the host when the plan was made. */
  readonly generation: string
  /** Set for a segment with an automatic revert: the id under which it is armed. */
  readonly armed?: string | undefined
  /** Called with each key (`file:/etc/motd`, `handler:reload nginx`) that is done. */
  readonly onDone: (key: string) => void
}

/** The bytes of a file on the controller. @throws ProvisionError (input) when it is not what was declared */
export type ReadArtifact = (artifact: Artifact) => Promise<Uint8Array>

/**
 * Applies one segment by one script: lock, automatic revert, steps, handlers.
 * @returns `stale` when another run changed the host after the plan was made; nothing was done then.
 * @throws ProvisionError apply, handler, locked, or what the connection throws
 */
export async function runSegment(
  session: HostSession,
  run: SegmentRun,
  readArtifact: ReadArtifact,
): Promise<'applied' | 'stale'> {
  const { stateDir } = session.target
  const write = await artifactWriter(readArtifact, run.segment)
  return session.change({
    purpose: 'apply',
    generation: run.generation,
    steps: stepsOf(run, stateDir, write),
    shown: () => stepsOf(run, stateDir, undefined),
    onDone: run.onDone,
    // Until the way in is proven, or what was before is put back, nobody may get to the host to renew it.
    ...(run.armed !== undefined && { lasts: PROOF_SECONDS }),
  })
}

function stepInfos({ segment, handlers, armed }: SegmentRun): StepInfo[] {
  return [
    ...(armed === undefined ? [] : [{ id: 'arm', keys: [], action: 'update' as const, timeout: 60 }]),
    ...segment.steps.map((step, i) => ({
      id: `step${i}`,
      keys: step.map(({ resource }) => resource.key),
      action: step[0].change.action,
      timeout: timeoutOf(step),
    })),
    ...handlers.map((handler, i) => ({
      id: `handler${i}`,
      keys: [`handler:${handler.id}`],
      action: 'handler' as const,
      timeout: HANDLER_TIMEOUT,
    })),
    ...(armed === undefined ? [] : [{ id: 'shorten', keys: [], action: 'update' as const, timeout: 30 }]),
  ]
}

function timeoutOf(step: Step): number {
  const { timeout = APPLY_TIMEOUT } = step[0].resource.kind
  return typeof timeout === 'number' ? timeout : timeout(step.length)
}

/** Artifacts are read here and live as long as the script that carries them. */
async function artifactWriter(read: ReadArtifact, segment: Segment): Promise<WriteArtifact> {
  const contents = new Map<string, Uint8Array>()
  for (const artifact of artifactsOf(segment)) {
    if (!contents.has(artifact.sha256)) contents.set(artifact.sha256, await read(artifact))
  }
  return (artifact, target) => {
    const bytes = contents.get(artifact.sha256)
    if (!bytes) throw new RangeError(`the change does not name ${artifact.path} among its artifacts`)
    return writeBytes(bytes, target)
  }
}

/** @param write undefined: the steps are only shown, without secrets and artifacts */
function stepsOf(run: SegmentRun, stateDir: string, write: WriteArtifact | undefined): ChangeStep[] {
  const { segment, handlers, armed } = run
  const infos = stepInfos(run)
  const limit = infos.reduce((sum, { timeout }) => sum + timeout, RENEW_TIMEOUT)
  const scripts = [
    ...(armed === undefined || !segment.autoRevert ? [] : [arm(armed, segment.autoRevert, limit, stateDir)]),
    ...segment.steps.map((step) => withMarkers(calledBy(step), applyStep(step, write), stateDir)),
    ...handlers.map((handler) => runPending(handler, stateDir)),
    ...(armed === undefined ? [] : [shorten(armed, stateDir)]),
  ]
  return infos.flatMap((info, i) => {
    const script = scripts[i]
    return script === undefined ? [] : [{ ...info, script }]
  })
}

/** Handlers that a step's changes call for, each once. */
export function calledBy(step: Step): Handler[] {
  const all = step.flatMap(({ resource }) => resource.notify)
  return all.filter((handler, i) => all.findIndex((other) => other.id === handler.id) === i)
}

const applyStep = (step: Step, write: WriteArtifact | undefined) => {
  const changes = step.map(({ change }) => change)
  const { kind } = step[0].resource
  return write ? kind.apply(changes, write) : kind.apply(changes.map(withoutSecrets))
}
