import { ProvisionError } from '../../errors.ts'
import { takeHold } from '../../execute/drained.ts'
import type { Emit } from '../../execute/events.ts'
import { runStep } from '../../execute/rollout-step.ts'
import { hostSession } from '../../host/make-session.ts'
import type { HostAccess, HostSession } from '../../host/session.ts'
import type { Host } from '../../inventory/inventory.ts'
import type { Prepared } from '../prepare.ts'
import type { Decided } from './ask.ts'
import type { SwitchoverDecision, SwitchoverTools } from './port.ts'

/** What a switchover needs from the outside. */
export interface SwitchoverContext {
  readonly prepared: Prepared
  readonly access: HostAccess
  emit: Emit
}

export interface UnderLocks extends Decided {
  /** Asks and decides anew: another run was at work since, or one that died. */
  again(): Promise<Decided>
  /** Told of each host that was changed. */
  done(name: string): void
}

/** Decisions that turn out stale before anything was done; after so many, other runs keep coming in between. */
const MAX_STALE = 3

/**
 * Carries a decision out under the locks of all hosts that take part.
 * @returns the decision that was carried out
 * @throws ProvisionError why it did not come to its end
 */
export async function carryOut(
  context: SwitchoverContext,
  { decision, probed, again, done }: UnderLocks,
): Promise<SwitchoverDecision> {
  const { access, emit } = context
  // A run of its own: it is not the one in whose turn it is done.
  const own = { ...access, emit, run: { ...access.run, id: access.nonce() } }
  let current: Decided = { decision, probed }
  for (let tries = 0; ; tries++) {
    const stale = await attempt(own, current, done)
    if (stale === undefined) return current.decision
    if (tries === MAX_STALE) throw overtaken(stale)
    current = await again()
  }
}

export const overtaken = (host: string): ProvisionError =>
  new ProvisionError('another run was at work here meanwhile', {
    code: 'locked',
    host,
    hint: 'run the same command again; nothing was changed',
  })

/** @returns a host on which another run was at work since it was asked; nothing was changed then */
async function attempt(
  access: HostAccess,
  { decision, probed }: Decided,
  done: SwitchoverTools['done'],
): Promise<string | undefined> {
  const names = decision.takingPart
  const sessions = names.map((name) => hostSession(access, name))
  const generationOf = (name: string): string => probed.find(({ host }) => host.name === name)?.generation ?? ''
  try {
    const locks = await Promise.all(sessions.map((session) => takeHold(session, generationOf(session.host))))
    const stale = names[locks.indexOf('stale')]
    if (stale !== undefined) return stale
    await held(sessions, (holding) => decision.carryOut(toolsOf(access, holding, done)))
    return undefined
  } finally {
    await Promise.all(sessions.map((session) => session.release()))
  }
}

function toolsOf(access: HostAccess, holding: readonly HostSession[], done: SwitchoverTools['done']): SwitchoverTools {
  const sessions = new Map(holding.map((session) => [session.host, session]))
  const session = (host: string) => hostSession(access, host)
  const check: SwitchoverTools['check'] = (host, step) =>
    runStep(sessions.get(host) ?? session(host), step, { phase: 'preflight' })
  return { sessions, session, check, done }
}

/** @throws RangeError for a name that the inventory has not */
export function hostOf({ inventory }: Prepared, name: string): Host {
  const found = inventory.hosts.find((host) => host.name === name)
  if (found === undefined) throw new RangeError(`no host ${name}`)
  return found
}

/** With the locks of all of them held. */
function held(
  [first, ...rest]: readonly HostSession[],
  work: (sessions: readonly HostSession[]) => Promise<void>,
): Promise<void> {
  if (first === undefined) return work([])
  return first.hold((session) => held(rest, (others) => work([session, ...others])))
}
