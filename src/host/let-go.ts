import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { aborted, ProvisionError } from '../errors.ts'

/** Why the work on a host was ended: what the signal's owner says, or the user. */
export function endOf(signal: AbortSignal, host?: string): ProvisionError {
  return signal.reason instanceof ProvisionError ? signal.reason : aborted(host)
}

/**
 * Waits for work, no longer than anybody wants to: whoever does it need not know of the signal.
 * @throws ProvisionError why it was ended; what the work throws
 */
export async function untilLetGo<T>(
  work: () => Promise<T>,
  { host, signal }: { readonly host: string; readonly signal?: AbortSignal | undefined },
): Promise<T> {
  if (signal === undefined) return work()
  if (signal.aborted) throw endOf(signal, host)
  let onAbort = () => {}
  const ended = new Promise<never>((_, reject) => {
    onAbort = () => reject(endOf(signal, host))
    signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([work(), ended])
  } catch (error) {
    throw signal.aborted ? endOf(signal, host) : error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/**
 * Waits while a host is in hand.
 * @throws ProvisionError why it was ended: at once when the user wants out
 */
export async function pause(ms: number, of: { readonly host: string; readonly signal?: AbortSignal | undefined }) {
  await untilLetGo(() => sleep(ms, undefined, of.signal ? { signal: of.signal } : {}), of)
}

/** Aborted when one of them is, for its reason. */
export function either(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  const signal = AbortSignal.any(signals.filter((one) => one !== undefined))
  // Everything that is said to a host listens: no leak.
  setMaxListeners(0, signal)
  return signal
}
