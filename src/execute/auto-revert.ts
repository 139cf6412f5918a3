import { messageOf, ProvisionError } from '../errors.ts'
import type { Segment } from '../plan/segments.ts'
import { parseFrame, probeScript } from '../shell/frame.ts'
import type { Script } from '../shell/script.ts'
import { pause } from './pause.ts'
import { DEAD_MAN_SECONDS, disarm, FIRED, putBack } from './revert-timer.ts'
import { runSegment, type SegmentRun } from './segment.ts'
import type { HostSession } from './session.ts'

/** Between two tries to get in anew. */
const RETRY_MS = 2000

/**
 * Applies a segment that can cut the tool's access: the host puts it back by itself unless a NEW connection disarms
 * the timer in time.
 * @throws ProvisionError `reverted` when the host took the change back
 */
export async function runGuarded(session: HostSession, run: Omit<SegmentRun, 'armed'>): Promise<'applied' | 'stale'> {
  const armed = `${session.run.id}${session.nonce().slice(0, 8)}`
  try {
    const outcome = await runSegment(session, { ...run, armed })
    if (outcome === 'stale') return outcome
  } catch (error) {
    if (error instanceof ProvisionError && (error.code === 'apply' || error.code === 'handler')) {
      await oneScript(session, putBack(armed)).catch(() => undefined)
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
      const status = await overNewConnection(session, disarm(armed))
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
    await pause(RETRY_MS, session)
  }
  throw new ProvisionError('lost SSH access after the change; the host rolled it back automatically', {
    code: 'reverted',
    host: session.host,
    resource: keys[0],
    hint: `a new connection failed after the change (${messageOf(cause)}): look at what ${keys.join(', ')} brings`,
    cause,
  })
}

async function overNewConnection(session: HostSession, script: Script): Promise<number> {
  const connection = await session.open()
  try {
    const nonce = session.nonce()
    const result = await connection.exec(probeScript(nonce, [{ id: 'disarm', script, timeout: 30 }]).sh, {
      timeoutMs: 20_000,
      ...(session.signal ? { signal: session.signal } : {}),
    })
    return parseFrame(nonce, result.stdout).get('disarm')?.status ?? 255
  } finally {
    await connection.close()
  }
}

/** The old connection serves when it still lives; otherwise the timer does the same a little later. */
async function oneScript(session: HostSession, script: Script): Promise<void> {
  const nonce = session.nonce()
  await session.connection.exec(probeScript(nonce, [{ id: 'put-back', script, timeout: 60 }]).sh, { timeoutMs: 70_000 })
}
