import { aborted, type ProvisionError } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import type { ExecOptions } from './connection.ts'
import { failure } from './failure.ts'

/** What ends an exec before its own end: its time, its user, or who reads it. */
export interface Patience {
  /** Its reason is the failure to be told. */
  readonly signal: AbortSignal
  giveUp(why: ProvisionError): void
  /** Leaves no timer and no listener behind. */
  done(): void
}

/** Giving up closes the way to the script; on the host, a change that has begun runs to its end. */
export function patience(host: Target, { timeoutMs, signal }: Pick<ExecOptions, 'timeoutMs' | 'signal'>): Patience {
  const ended = new AbortController()
  const giveUp = (why: ProvisionError) => ended.abort(why)
  const stop = () => giveUp(aborted(host.name))
  const late = () => giveUp(failure(host, 'timeout', `the script did not end within ${(timeoutMs ?? 0) / 1000} s`))
  const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs)
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop)
  return {
    signal: ended.signal,
    giveUp,
    done: () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    },
  }
}
