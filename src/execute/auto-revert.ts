import { messageOf, ProvisionError } from '../errors.ts'
import { apart } from '../host/apart.ts'
import type { HostSession } from '../host/session.ts'
import type { Script } from '../shell/script.ts'
import {
  AT_WORK,
  BROKEN_OFF,
  DEAD_MAN_SECONDS,
  disarm,
  disarmWhenOver,
  FIRED,
  NOT_BEGUN,
  OVER_WAIT,
  PROOF_SECONDS,
  putBack,
} from './revert-timer.ts'
import { type ReadArtifact, runSegment, type SegmentRun } from './segment.ts'

/** Between two tries to get in anew. */
const RETRY_MS = 2000

/**
 * Applies a segment that can cut the tool's access: the host puts it back by itself unless a NEW connection disarms
 * the timer in time. That the change takes the old connection with it is no failure: the new one counts.
 * @throws ProvisionError `reverted` when the host took the change back
 */
export async function changeWithRevert(
  session: HostSession,
  run: Omit<SegmentRun, 'armed'>,
  readArtifact: ReadArtifact,
): Promise<'applied' | 'stale'> {
  const armed = `${session.run.id}${session.nonce().slice(0, 8)}`
  try {
    const outcome = await runSegment(session, { ...run, armed }, readArtifact)
    if (outcome === 'stale') return outcome
  } catch (error) {
    if (!(error instanceof ProvisionError) || session.signal?.aborted) throw error
    if (error.code === 'apply' || error.code === 'handler') {
      // Where the link is gone, the timer does the same a little later.
      await statusOf(session, 'put-back', putBack(armed, session.target.stateDir), 60).catch(() => undefined)
    }
    if (!LINK_LOST.includes(error.code)) throw error
    await proveUnheard(session, armed, run, error)
    return 'applied'
  }
  await proveAccess(session, run, {
    script: disarm(armed, session.target.stateDir),
    timeout: 30,
    seconds: DEAD_MAN_SECONDS + 10,
  })
  return 'applied'
}

/** What is told of a change whose end did not come through. */
const LINK_LOST: readonly string[] = ['unreachable', 'timeout']

/** The host goes on with the script of a change without anybody who listens: what became of it is asked over a new link. */
async function proveUnheard(
  session: HostSession,
  armed: string,
  run: Omit<SegmentRun, 'armed'>,
  lost: ProvisionError,
): Promise<void> {
  const { host } = session
  session.emit({ type: 'host-note', host, message: `${lost.message}: logging in anew to see how the change ended` })
  const status = await proveAccess(session, run, {
    script: disarmWhenOver(armed, session.target.stateDir),
    timeout: OVER_WAIT + 30,
    // It may take longer than that before its timer runs; then it answers, or nobody can tell.
    seconds: DEAD_MAN_SECONDS + PROOF_SECONDS,
    cause: lost,
  })
  if (status === NOT_BEGUN) throw lost
  if (status === BROKEN_OFF) {
    throw new ProvisionError(
      'the link was lost in the middle of a change that then failed; what was before is put back',
      {
        code: 'reverted',
        host,
        resource: lost.resource,
        hint: `run again: where the link holds, the failure is told (${lost.message})`,
        unheard: lost.unheard,
        log: lost.log,
        cause: lost,
      },
    )
  }
  for (const key of lost.unheard) {
    run.onDone(key)
    session.emit({ type: 'step-finished', host, key, ok: true, ms: 0 })
  }
}

interface Proof {
  readonly script: Script
  readonly timeout: number
  /** How long it is tried. */
  readonly seconds: number
  /** Why it is in doubt already. */
  readonly cause?: unknown
}

/** @returns how the proof ended, over a new connection */
async function proveAccess(
  session: HostSession,
  { segment }: Omit<SegmentRun, 'armed'>,
  proof: Proof,
): Promise<number> {
  let began = performance.now()
  const keys = segment.steps.flatMap((step) => step.map(({ resource }) => resource.key))
  const { host } = session
  let { cause } = proof
  let isBack = false
  for (;;) {
    try {
      const status = await session.fresh((anew) => statusOf(anew, 'disarm', proof.script, proof.timeout))
      if (status === 0 || status === NOT_BEGUN || status === BROKEN_OFF) return status
      isBack = status === FIRED
      if (isBack) break
      // Its timer has not begun to count.
      if (status === AT_WORK) began = performance.now()
      cause = new Error(
        status === AT_WORK ? 'the change is still at work' : `the timer could not be stopped (status ${status})`,
      )
    } catch (error) {
      if (session.signal?.aborted) throw error
      cause = error
    }
    const left = proof.seconds * 1000 - (performance.now() - began)
    if (left <= 0) break
    const seconds = Math.max(0, Math.ceil(left / 1000) - (proof.seconds - DEAD_MAN_SECONDS))
    const message = `no new connection after the change yet (${messageOf(cause)}); automatic rollback in ${seconds} s`
    session.emit({ type: 'host-note', host, message })
    await session.pause(RETRY_MS)
  }
  const outcome = isBack
    ? 'the host rolled it back automatically'
    : 'the host was to roll it back, but lets nobody in yet'
  throw new ProvisionError(`lost SSH access after the change; ${outcome}`, {
    code: 'reverted',
    host,
    resource: keys[0],
    hint: `a new connection failed after the change (${messageOf(cause)}): look at what ${keys.join(', ')} brings`,
    cause,
  })
}

/** @returns the status of the one question */
async function statusOf(session: HostSession, purpose: string, script: Script, timeout: number): Promise<number> {
  const questions = [{ id: purpose, script, timeout }]
  const { answers } = await session.ask({ ...apart(questions), purpose })
  return answers.get(purpose)?.status ?? 255
}
