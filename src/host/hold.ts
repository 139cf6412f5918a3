import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, ProvisionError } from '../errors.ts'
import { joinScripts, sh } from '../shell/script.ts'
import { apart } from './apart.ts'
import { either, endOf } from './let-go.ts'
import { LEASE, LOST, renewLock } from './lock.ts'
import type { HostSession } from './session.ts'

/** Renewals of a lease for as long as it lasts: one may fail. */
const RENEWALS = 3
/** Tries in the time between two of them, where the last one did not succeed. */
const TRIES = 5

/** A host whose lock this run has. */
export interface Held {
  readonly host: string
  readonly signal: AbortSignal | undefined
  /** Milliseconds that a lease lasts; undefined: as on the host. */
  readonly leaseMs?: number | undefined
  /** A session that ends with this signal. */
  until(signal: AbortSignal): HostSession
}

/**
 * Keeps the lease of a host alive while the run waits for others, so that no other run takes it for abandoned. Where that
 * fails the host may be another's: the work is ended.
 */
export async function holding<T>(held: Held, work: (session: HostSession) => Promise<T>): Promise<T> {
  const { host, leaseMs = LEASE * 1000 } = held
  const lost = new AbortController()
  const over = new AbortController()
  const lease = leaseOf(leaseMs)
  const inner = held.until(either(held.signal, lost.signal))
  const renewal = renewing(held, lease, over.signal).then((failure) => failure && lost.abort(failure))
  try {
    const result = await work({ ...inner, change: (change) => lease.during(() => inner.change(change), change.lasts) })
    // Work that waits for nothing does not notice.
    if (lost.signal.aborted) throw endOf(lost.signal, host)
    return result
  } finally {
    over.abort()
    await renewal
  }
}

/** Milliseconds that are left of it by this program's clock, and who renews it. */
interface Lease {
  readonly lasts: number
  left(): number
  /** A change takes the lock itself, has it to its end and renews it then: nobody else does meanwhile. */
  during<R>(work: () => Promise<R>, seconds?: number): Promise<R>
  /** What became of it: of no renewal where a change is at work. */
  renew(how: (left: number) => Promise<string>): Promise<string>
}

function leaseOf(lasts: number): Lease {
  let until = performance.now() + lasts
  let changes = 0
  let renewal: Promise<string> = Promise.resolve('renewed')
  const left = () => until - performance.now()
  const renewed = (ms = lasts) => {
    until = performance.now() + ms
  }
  return {
    lasts,
    left,
    async during(work, seconds) {
      changes += 1
      await renewal
      try {
        return await work()
      } finally {
        changes -= 1
        renewed(seconds && seconds * 1000)
      }
    },
    renew(how) {
      if (changes > 0) {
        // However long it takes.
        until = Math.max(until, performance.now() + lasts)
        return Promise.resolve('renewed')
      }
      renewal = how(left())
      return renewal.then((outcome) => {
        if (outcome === 'renewed') renewed()
        return outcome
      })
    },
  }
}

/** Renews until it is over. @returns why the lease is lost */
async function renewing(held: Held, lease: Lease, over: AbortSignal): Promise<ProvisionError | undefined> {
  const every = lease.lasts / RENEWALS
  for (let wait = every; ; ) {
    await sleep(wait, undefined, { signal: over, ref: false }).catch(() => undefined)
    if (over.aborted) return undefined
    const outcome = await lease.renew((left) => renew(held, over, Math.min(left, every)))
    if (over.aborted) return undefined
    if (outcome === 'lost') return takenOver(held.host)
    if (lease.left() <= 0) return ranOut(held.host, outcome)
    wait = outcome === 'renewed' ? every : Math.min(every / TRIES, lease.left())
  }
}

/** @returns `renewed`, `lost`, or why that is not known */
async function renew(held: Held, over: AbortSignal, left: number): Promise<string> {
  const limit = AbortSignal.timeout(Math.max(1, Math.ceil(left)))
  const session = held.until(either(over, limit))
  const { stateDir } = session.target
  // Nobody who finds the lease at its end may take the lock meanwhile.
  const alone = sh`exec 9>>${`${stateDir}/apply.lock`}; flock -w 5 9 || exit ${LOST}`
  const script = joinScripts([alone, renewLock(session.run, session.target)])
  try {
    const { answers } = await session.ask(apart([{ id: 'renew', script, timeout: 10 }]))
    const status = answers.get('renew')?.status
    return status === 0 ? 'renewed' : status === LOST ? 'lost' : `status ${status ?? 255}`
  } catch (error) {
    return limit.aborted ? 'it did not answer in time' : messageOf(error)
  }
}

const HINT = 'another run may be at work on it: run again when that is over, which finds out how the host was left'

const takenOver = (host: string): ProvisionError =>
  new ProvisionError('another run took over this host, whose lock was held', { code: 'locked', host, hint: HINT })

const ranOut = (host: string, why: string): ProvisionError =>
  new ProvisionError(`the lock of this host ran out: it could not be renewed for ${LEASE} s (${why})`, {
    code: 'locked',
    host,
    hint: HINT,
  })
