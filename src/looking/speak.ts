import pLimit from 'p-limit'
import type { HostAccess } from '../host/session.ts'
import type { Host } from '../inventory/inventory.ts'
import { accessOf, openPool } from '../run/access.ts'
import { type ProgramHosts, programHosts } from '../run/program-hosts.ts'
import type { RunEdges } from '../run/run-options.ts'
import type { Reachable } from './read-inventory.ts'

export interface SpeakOptions {
  /** Hosts at a time, 1 or more. */
  readonly forks: number
  /** Processes that hold the connections; undefined: by their number. */
  readonly workers?: number | undefined
  /** Aborted when the user wants no more: hosts that are not begun are left out. */
  readonly stop: AbortSignal
  /** Aborted when the user wants out at once: logins that are not done are given up. */
  readonly signal: AbortSignal
  warn(message: string, hint?: string): void
  /** Told, before the first login, of hosts that the ssh program logs in at though nobody asked for it. */
  programs?(programs: readonly ProgramHosts[]): void
  readonly connect?: RunEdges['connect']
  readonly target?: RunEdges['target']
}

/**
 * Does something on each host, so many at a time, and hangs up at the end.
 * @param left for hosts that were not begun
 */
export async function onHosts<T>(
  looked: Reachable,
  { forks, workers, stop, signal, warn, programs, connect, target }: SpeakOptions,
  work: (host: Host, access: HostAccess) => Promise<T>,
  left: (host: Host) => T,
): Promise<T[]> {
  const edges = {
    emit: (event: { readonly type: string; readonly message?: string; readonly hint?: string | undefined }) => {
      if (event.type === 'warning' && event.message !== undefined) warn(event.message, event.hint)
    },
    stop: { requested: () => stop.aborted, signal },
    ...(connect && { connect }),
    ...(target && { target }),
  }
  programs?.(programHosts(looked.hosts))
  const pool = openPool(looked, edges, workers)
  const access = accessOf(looked, pool, edges, { showScripts: false })
  const limit = pLimit(forks)
  try {
    return await Promise.all(looked.hosts.map((host) => limit(() => (stop.aborted ? left(host) : work(host, access)))))
  } finally {
    await pool.close()
  }
}
