import type { Segment, Step } from '../plan/segments.ts'
import type { Handler } from '../resources/resource.ts'
import { withoutSecrets } from '../secret.ts'
import { applyScript, type Fragment } from '../shell/frame.ts'
import { joinScripts } from '../shell/script.ts'
import { arm, shorten } from './dead-man.ts'
import { renewLock, takeLock } from './lock.ts'
import { owe, pay } from './owed.ts'
import type { HostSession } from './session.ts'
import { runSteps, type StepInfo } from './steps.ts'

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
  const script = (shown: boolean): string =>
    applyScript(nonce, takeLock(session.run, run.generation), fragmentsOf(session, run, shown)).sh
  if (session.showScripts) {
    session.emit({ type: 'script', host: session.host, purpose: 'apply', script: script(true) })
  }
  const limit = infos.reduce((sum, info) => sum + info.timeout, LOCK_TIMEOUT)
  return runSteps(session, { nonce, script: script(false), steps: infos, timeoutMs: limit * 1000, onDone: run.onDone })
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

function fragmentsOf(session: HostSession, run: SegmentRun, shown: boolean): Fragment[] {
  const { segment, handlers, armed } = run
  const infos = stepInfos(run)
  const limit = infos.reduce((sum, { timeout }) => sum + timeout, 0)
  const scripts = [
    ...(armed === undefined || !segment.deadMan ? [] : [arm(armed, segment.deadMan, limit)]),
    ...segment.steps.map((step) => joinScripts([owe(owedBy(step)), applyStep(step, shown)])),
    ...handlers.map(pay),
    ...(armed === undefined ? [] : [shorten(armed)]),
    renewLock(session.run),
  ]
  return infos.flatMap(({ id, timeout }, i) => {
    const script = scripts[i]
    return script ? [{ id, timeout, script }] : []
  })
}

/** Handlers that a step's changes owe, each once. */
export function owedBy(step: Step): Handler[] {
  const all = step.flatMap(({ resource }) => resource.notify)
  return all.filter((handler, i) => all.findIndex((other) => other.id === handler.id) === i)
}

const applyStep = (step: Step, shown: boolean) => {
  const changes = step.map(({ change }) => change)
  return step[0].resource.kind.apply(shown ? changes.map(withoutSecrets) : changes)
}
