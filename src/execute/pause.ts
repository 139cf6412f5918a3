import { setTimeout as sleep } from 'node:timers/promises'
import { aborted } from '../errors.ts'

/**
 * Waits while a host is in hand.
 * @throws ProvisionError stopped, at once when the user wants out
 */
export async function pause(ms: number, { host, signal }: { host: string; signal?: AbortSignal | undefined }) {
  try {
    await sleep(ms, undefined, signal ? { signal } : {})
  } catch (error) {
    throw signal?.aborted ? aborted(host) : error
  }
}
