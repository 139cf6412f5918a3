import { withoutSecrets } from '../masking/secret.ts'
import { artifactsOf, type Segment, type Step } from '../plan/segments.ts'
import type { Handler, WriteArtifact } from '../resources/resource.ts'
import { applyScript, type Fragment } from '../shell/frame.ts'
import { joinScripts, writeBytes } from '../shell/script.ts'
import { runSteps, type StepInfo } from './apply-output.ts'
import { atWork, renewLock, takeLock } from './lock.ts'
import { owing, pay } from './pending-handlers.ts'
import { arm, shorten } from './revert-timer.ts'
import type { HostSession } from './session.ts'

/** Seconds for a step whose kind names no time of its own. */
const APPLY_TIMEOUT = 300
const HANDLER_TIMEOUT = 180
const LOCK_TIMEOUT = 90

export interface SegmentRun {
  readonly segment: Segment
  readonly handlers: readonly Handler[]
  /** Generation of the host when the plan was made. */
  readonly generation: string
  /** Set for a segment with a dead-man: the id under which it is armed. */
  readonly armed?: string | undefined
  /** Called with each key (`file:/etc/motd`, `handler:reload nginx`) that is done. */
  readonly onDone: (key: string) => void
}

/**
 * Applies one segment by one script: lock, dead-man, steps, handlers.
 * @returns `stale` when another run changed the host after the plan was made; nothing was done then.
 * @throws ProvisionError apply, handler, locked, or what the connection throws
 */
export async function runSegment(session: HostSession, run: SegmentRun): Promise<'applied' | 'stale'> {
  const infos = stepInfos(run)
  const nonce = session.nonce()
  const script = (write?: WriteArtifact): string =>
    applyScript(nonce, takeLock(session.run, run.generation), fragmentsOf(session, run, write)).sh
  if (session.showScripts) session.emit({ type: 'script', host: session.host, purpose: 'apply', script: script() })
  const limit = infos.reduce((sum, info) => sum + info.timeout, LOCK_TIMEOUT)
  const write = await artifactWriter(session, run.segment)
  return runSteps(session, { nonce, script: script(write), steps: infos, timeoutMs: limit * 1000, onDone: run.onDone })
}

function stepInfos({ segment, handlers, armed }: SegmentRun): StepInfo[] {
  return [
    ...(armed === undefined ? [] : [{ id: 'arm', keys: [], action: 'update' as const, timeout: 60 }]),
    ...segment.steps.map((step, i) => ({
      id: `step${i}`,
      keys: step.map(({ resource }) => resource.key),
      action: step[0].change.action,
      timeout: step[0].resource.kind.timeout ?? APPLY_TIMEOUT,
    })),
    ...handlers.map((handler, i) => ({
      id: `handler${i}`,
      keys: [`handler:${handler.id}`],
      action: 'handler' as const,
      timeout: HANDLER_TIMEOUT,
    })),
    ...(armed === undefined ? [] : [{ id: 'shorten', keys: [], action: 'update' as const, timeout: 30 }]),
    { id: 'renew', keys: [], action: 'update', timeout: 30 },
  ]
}

/** Artifacts are read here and live as long as the script that carries them. */
async function artifactWriter(session: HostSession, segment: Segment): Promise<WriteArtifact> {
  const contents = new Map<string, Uint8Array>()
  for (const artifact of artifactsOf(segment)) {
    if (!contents.has(artifact.sha256)) contents.set(artifact.sha256, await session.readArtifact(artifact))
  }
  return (artifact, target) => {
    const bytes = contents.get(artifact.sha256)
    if (!bytes) throw new RangeError(`the change does not name ${artifact.path} among its artifacts`)
    return writeBytes(bytes, target)
  }
}

/** @param write undefined: the script is only shown, without secrets and artifacts */
function fragmentsOf(session: HostSession, run: SegmentRun, write: WriteArtifact | undefined): Fragment[] {
  const { segment, handlers, armed } = run
  const infos = stepInfos(run)
  const limit = infos.reduce((sum, { timeout }) => sum + timeout, 0)
  const scripts = [
    ...(armed === undefined || !segment.deadMan ? [] : [arm(armed, segment.deadMan, limit)]),
    ...segment.steps.map((step) => owing(owedBy(step), applyStep(step, write))),
    ...handlers.map(pay),
    ...(armed === undefined ? [] : [shorten(armed)]),
    renewLock(session.run),
  ]
  return infos.flatMap(({ id, keys, timeout }, i) => {
    const script = scripts[i]
    if (script === undefined) return []
    const what = keys
      .map((key) => key.replace(/^handler:/, ''))
      .join(', ')
      .slice(0, 200)
    return [{ id, timeout, script: keys.length > 0 ? joinScripts([atWork(what, timeout), script]) : script }]
  })
}

/** Handlers that a step's changes owe, each once. */
export function owedBy(step: Step): Handler[] {
  const all = step.flatMap(({ resource }) => resource.notify)
  return all.filter((handler, i) => all.findIndex((other) => other.id === handler.id) === i)
}

const applyStep = (step: Step, write: WriteArtifact | undefined) => {
  const changes = step.map(({ change }) => change)
  const { kind } = step[0].resource
  return write ? kind.apply(changes, write) : kind.apply(changes.map(withoutSecrets))
}
