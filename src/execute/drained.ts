import { DRAINED, STATE_DIR } from '../plan/target-state.ts'
import { applyScript, probeScript } from '../shell/frame.ts'
import { joinScripts, type Script, sh } from '../shell/script.ts'
import { runSteps } from './apply-output.ts'
import { releaseLock, renewLock, takeLock } from './lock.ts'
import type { HostSession, LockSession } from './session.ts'

/** Milliseconds between two renewals of the lease: well below what it lasts. */
const RENEW_MS = 10_000

/** On disk before the first step: whatever dies then, the next run knows. */
const mark = (roles: readonly string[]): Script => sh`
  mkdir -p -m 0700 -- ${STATE_DIR}
  printf '%s\n' ${roles.join(' ')} >${`${DRAINED}~`}
  sync -- ${`${DRAINED}~`}
  mv -f -- ${`${DRAINED}~`} ${DRAINED}
  sync -- ${STATE_DIR}
`

const unmark: Script = sh`
  rm -f -- ${DRAINED}
  sync -- ${STATE_DIR}
`

/**
 * Takes the host's lock and marks it as drained.
 * @returns `stale` when another run changed the host after the plan was made; nothing is marked then
 * @throws ProvisionError locked, or what the connection throws
 */
export function markDrained(
  session: HostSession,
  roles: readonly string[],
  generation: string,
): Promise<'applied' | 'stale'> {
  return locked(session, generation, 'mark', joinScripts([mark(roles), renewLock(session.run)]))
}

/** Takes the host's lock; `whileLocked` keeps it. @returns as {@link markDrained} */
export function holdLock(session: LockSession, generation: string): Promise<'applied' | 'stale'> {
  return locked(session, generation, 'lock', renewLock(session.run))
}

/** Takes the mark away, and gives the lock back. */
export function unmarkDrained(session: HostSession, generation: string): Promise<'applied' | 'stale'> {
  return locked(session, generation, 'unmark', joinScripts([unmark, releaseLock(session.run)]))
}

function locked(session: LockSession, generation: string, id: string, script: Script): Promise<'applied' | 'stale'> {
  const nonce = session.nonce()
  const text = applyScript(nonce, takeLock(session.run, generation), [{ id, script, timeout: 60 }]).sh
  if (session.showScripts) session.emit({ type: 'script', host: session.host, purpose: id, script: text })
  return runSteps(session, {
    nonce,
    script: text,
    steps: [{ id, keys: [], action: 'update', timeout: 60 }],
    timeoutMs: 150_000,
    onDone: () => undefined,
  })
}

/** Keeps the lease of a host alive while the run waits for others: no other run takes it for abandoned. */
export async function whileLocked<T>(session: LockSession, work: () => Promise<T>): Promise<T> {
  let renewal: Promise<unknown> = Promise.resolve()
  const renew = async () => {
    const nonce = session.nonce()
    const { sh } = probeScript(nonce, [{ id: 'renew', script: renewLock(session.run), timeout: 10 }])
    await session.connection.exec(sh, { timeoutMs: RENEW_MS }).catch(() => undefined)
  }
  const timer = setInterval(() => {
    renewal = renewal.then(renew)
  }, RENEW_MS)
  try {
    return await work()
  } finally {
    clearInterval(timer)
    await renewal
  }
}
