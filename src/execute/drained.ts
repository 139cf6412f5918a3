import { planDone } from '../host/lock.ts'
import type { HostSession } from '../host/session.ts'
import { drainedMark } from '../plan/target-state.ts'
import { joinScripts, type Script, sh } from '../shell/script.ts'

/** On disk before the first step: whatever dies then, the next run knows. */
function mark(roles: readonly string[], stateDir: string): Script {
  const file = drainedMark(stateDir)
  return sh`
    mkdir -p -m 0700 -- ${stateDir}
    printf '%s\n' ${roles.join(' ')} >${`${file}~`}
    sync -- ${`${file}~`}
    mv -f -- ${`${file}~`} ${file}
    sync -- ${stateDir}
  `
}

const unmark = (stateDir: string): Script => sh`
  rm -f -- ${drainedMark(stateDir)}
  sync -- ${stateDir}
`

/**
 * Takes the host's lock and marks it as drained.
 * @returns `stale` when another run changed the host after the plan was made; nothing is marked then
 * @throws ProvisionError locked, or what the connection throws
 */
export const markDrained = (
  session: HostSession,
  roles: readonly string[],
  generation: string,
): Promise<'applied' | 'stale'> => small(session, generation, 'mark', mark(roles, session.target.stateDir))

/** Takes the host's lock, for `hold` to keep. @returns as {@link markDrained} */
export const takeHold = (session: HostSession, generation: string): Promise<'applied' | 'stale'> =>
  session.change({ purpose: 'lock', generation, steps: [] })

/** Takes the mark away, and gives the lock back. @param done all that was to be done here is */
export function unmarkDrained(session: HostSession, generation: string, done: boolean): Promise<'applied' | 'stale'> {
  const { run, target } = session
  const script = joinScripts([unmark(target.stateDir), ...(done ? planDone(run, target) : [])])
  return small(session, generation, 'unmark', script, true)
}

function small(
  session: HostSession,
  generation: string,
  id: string,
  script: Script,
  release = false,
): Promise<'applied' | 'stale'> {
  const steps = [{ id, keys: [], action: 'update' as const, timeout: 60, script }]
  return session.change({ purpose: id, generation, steps, release })
}
