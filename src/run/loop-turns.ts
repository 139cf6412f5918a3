import { setImmediate } from 'node:timers/promises'

/**
 * Each who waits for it goes on in a turn of the event loop of its own: between what takes milliseconds for each of thousands
 * of hosts, timers and sockets are served. Keepalives and leases wait for nobody then.
 */
export function loopTurns(): () => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  return () => {
    last = last.then(() => setImmediate())
    return last
  }
}

/** Hosts that are gone through at once. */
const AT_ONCE = 20

/** The same as `map`, with turns of the event loop in between. */
export async function mapInTurns<T, R>(all: readonly T[], work: (one: T) => R): Promise<R[]> {
  const done: R[] = []
  for (const [i, one] of all.entries()) {
    if (i > 0 && i % AT_ONCE === 0) await setImmediate()
    done.push(work(one))
  }
  return done
}
