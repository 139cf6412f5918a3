import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Asks again and again until something is so.
 * @param within seconds
 * @param interval milliseconds
 * @returns seconds that it took
 * @throws Error when it is not so in time
 */
export async function until(
  what: string,
  timeout: number,
  so: () => Promise<boolean>,
  interval = 500,
): Promise<number> {
  const began = Date.now()
  for (;;) {
    if (await so()) return (Date.now() - began) / 1000
    if (Date.now() - began > timeout * 1000) throw new Error(`${what}: not within ${timeout} s`)
    await sleep(interval)
  }
}
