import { messageOf, ProvisionError } from '../errors.ts'
import { apart } from '../host/apart.ts'
import type { HostSession } from '../host/session.ts'
import type { Segment } from '../plan/segments.ts'
import { DEAD_MAN_SECONDS, disarm, FIRED, putBack } from './revert-timer.ts'
import { type ReadArtifact, runSegment, type SegmentRun } from './segment.ts'

/** Between two tries to get in anew. */
const RETRY_MS = 2000

/**
 * Applies a segment that can cut the tool's access: the host puts it back by itself unless a NEW connection disarms
 * the timer in time.
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
    if (error instanceof ProvisionError && (error.code === 'apply' || error.code === 'handler')) {
      // Where the link is gone, the timer does the same a little later.
      const questions = [{ id: 'put-back', script: putBack(armed, session.target.stateDir), timeout: 60 }]
      await session.ask({ ...apart(questions), purpose: 'put-back' }).catch(() => undefined)
    }
    throw error
  }
  await proveAccess(session, armed, run.segment)
  return 'applied'
}

async function proveAccess(session: HostSession, armed: string, segment: Segment): Promise<void> {
  const began = performance.now()
  const keys = segment.steps.flatMap((step) => step.map(({ resource }) => resource.key))
  let cause: unknown
  for (;;) {
    try {
      const status = await session.fresh((anew) => disarmed(anew, armed))
      if (status === 0) return
      if (status === FIRED) break
      cause = new Error(`the timer could not be stopped (status ${status})`)
    } catch (error) {
      if (session.signal?.aborted) throw error
      cause = error
    }
    const left = DEAD_MAN_SECONDS * 1000 + 10_000 - (performance.now() - began)
    if (left <= 0) break
    session.emit({
      type: 'host-note',
      host: session.host,
      message: `no new connection after the change yet (${messageOf(cause)}); automatic rollback in ${Math.max(0, Math.ceil(left / 1000) - 10)} s`,
    })
    await session.pause(RETRY_MS)
  }
  throw new ProvisionError('lost SSH access after the change; the host rolled it back automatically', {
    code: 'reverted',
    host: session.host,
    resource: keys[0],
    hint: `a new connection failed after the change (${messageOf(cause)}): look at what ${keys.join(', ')} brings`,
    cause,
  })
}

async function disarmed(session: HostSession, armed: string): Promise<number> {
  const questions = [{ id: 'disarm', script: disarm(armed, session.target.stateDir), timeout: 30 }]
  const { answers } = await session.ask({ ...apart(questions), purpose: 'disarm', timeoutMs: 20_000 })
  return answers.get('disarm')?.status ?? 255
}
