import { messageOf, ProvisionError } from '../errors.ts'
import type { HostSession } from '../host/session.ts'
import type { Planned } from '../plan/planner.ts'
import { limitOf, type PhaseOf, phasesAt, stepsOf, type Turn } from '../rollout/phase.ts'
import type { RolloutPolicy } from '../rollout/policy.ts'
import { needAgreed } from './beyond-plan.ts'
import { converge, type Means, type Progress } from './converge.ts'
import { markDrained, unmarkDrained } from './drained.ts'
import { runStep, type StepOptions } from './rollout-step.ts'

/** What the rollout of a tier gives to that of each host. */
export interface TierContext {
  readonly policy: Pick<RolloutPolicy, 'soak' | 'drainTimeout' | 'gateTimeout'>
  /** No new host begins: a drain that still waits is put back. */
  stopped(): boolean
  /** One after the other over the tier, so that each drain sees what the one before it left. */
  oneAtATime<T>(work: () => Promise<T>): Promise<T>
}

/** State of the rollout of one host, also when it fails. */
export interface RolloutState {
  /** It is out of service, or may be. */
  drained: boolean
  /** This run put it back. */
  putBack: boolean
}

/** Plans that turn out stale before anything was done; after so many, other runs keep coming in between. */
const MAX_STALE = 3
/** Seconds between two looks at the gates while a host soaks. */
const SOAK_EVERY = 2

/**
 * The rollout of one host: drained where its changes disturb, changed, looked at, put back.
 * @throws ProvisionError what went wrong; `rolloutState` says how the host was left
 */
export async function rollOutHost(
  session: HostSession,
  means: Means,
  planned: Planned,
  progress: Progress,
  tier: TierContext,
  rolloutState: RolloutState,
): Promise<void> {
  const current = await begin(session, means, planned, rolloutState)
  const { exposed } = current.around
  if (exposed.length > 0) {
    const message = `not drained: nothing takes it out of service, so requests to it fail during ${exposed.join(', ')}`
    session.emit({ type: 'host-note', host: session.host, message })
  }
  if (rolloutState.drained) {
    await outOfService(session, means, current, progress, tier, rolloutState)
  } else {
    await converge(session, means, current, progress)
    await runSteps(session, 'changed', current, tier)
  }
  await verify(session, current, tier)
  await soak(session, current, tier)
}

/** Marks the host where it is to be drained, or was left so; with a new plan where another run came in between. */
async function begin(
  session: HostSession,
  means: Means,
  planned: Planned,
  rolloutState: RolloutState,
): Promise<Planned> {
  let current = planned
  for (let tries = 0; ; tries++) {
    const { around, state } = current
    rolloutState.drained = state.drained !== undefined
    if (around.due.takeOut.length === 0 && !rolloutState.drained) return current
    const roles = [...new Set([...(state.drained ?? []), ...around.due.takeOut.map(({ role }) => role)])]
    const outcome = await markDrained(session, roles, state.generation)
    rolloutState.drained ||= outcome === 'applied'
    if (outcome === 'applied') return current
    if (tries === MAX_STALE) throw keepChanging(session)
    current = await means.probe(session)
    needAgreed(session.host, planned, current, means.approved?.())
  }
}

async function outOfService(
  session: HostSession,
  means: Means,
  planned: Planned,
  progress: Progress,
  tier: TierContext,
  rolloutState: RolloutState,
): Promise<void> {
  try {
    await session
      .hold(async (held) => {
        await drain(held, means, planned, tier, rolloutState)
        await converge(held, means, planned, progress, true)
        await runSteps(held, 'changed', planned, tier)
        await putBack(held, means, planned, tier, rolloutState, true)
      })
      .catch(async (error: unknown) => {
        throw await servingAgain(error, session, means, planned, tier, rolloutState)
      })
  } finally {
    if (rolloutState.drained) await session.release()
  }
}

/**
 * A change that failed and put back what was before need not keep the host out, when that passes the gates.
 * @returns the error, with what became of the host
 */
async function servingAgain(
  error: unknown,
  session: HostSession,
  means: Means,
  planned: Planned,
  tier: TierContext,
  rolloutState: RolloutState,
): Promise<unknown> {
  if (!(error instanceof ProvisionError) || !error.restored || session.signal?.aborted) return error
  try {
    await session.hold(async (held) => {
      await runSteps(held, 'changed', planned, tier)
      await putBack(held, means, planned, tier, rolloutState)
    })
  } catch (failure) {
    session.emit({ type: 'host-note', host: session.host, message: `could not be put back: ${messageOf(failure)}` })
    return error
  }
  const { code, message, host, resource, origin, log } = error
  const hint = 'it is back in service with what it served before'
  return new ProvisionError(message, { code, host, resource, origin, log, hint, cause: error })
}

/** A drain that does not come to its end is undone: nothing was changed yet. One that was found so is left as it is. */
async function drain(
  session: HostSession,
  means: Means,
  planned: Planned,
  tier: TierContext,
  rolloutState: RolloutState,
): Promise<void> {
  const { state } = planned
  try {
    await runSteps(session, 'takeOut', planned, tier, { givenUp: tier.stopped, oneAtATime: tier.oneAtATime })
  } catch (error) {
    if (state.drained !== undefined || session.signal?.aborted) throw error
    await putBack(session, means, planned, tier, rolloutState).catch((failure: unknown) => {
      const message = `could not be put back: ${messageOf(failure)}`
      session.emit({ type: 'host-note', host: session.host, message })
    })
    throw error
  }
}

async function putBack(
  session: HostSession,
  means: Means,
  planned: Planned,
  tier: TierContext,
  rolloutState: RolloutState,
  done = false,
): Promise<void> {
  await runSteps(session, 'putBack', planned, tier)
  await unmark(session, means, planned, done)
  rolloutState.drained = false
  rolloutState.putBack = true
}

/** The mark goes whoever was at work here meanwhile: it is this run's own. */
async function unmark(session: HostSession, means: Means, planned: Planned, done: boolean): Promise<void> {
  let { generation } = planned.state
  for (let tries = 0; (await unmarkDrained(session, generation, done)) === 'stale'; tries++) {
    if (tries === MAX_STALE) throw keepChanging(session)
    generation = (await means.probe(session)).state.generation
  }
}

const keepChanging = ({ host }: HostSession): ProvisionError =>
  new ProvisionError('other runs keep changing this host', { code: 'locked', host })

/** The steps that are due at a turn, in order, each within the limit of the tier's policy. */
async function runSteps(
  session: HostSession,
  turn: Turn,
  { around }: Planned,
  { policy }: TierContext,
  options: Omit<StepOptions, 'phase'> = {},
  phases: readonly PhaseOf[] = phasesAt(turn),
): Promise<void> {
  for (const row of phases) {
    for (const step of stepsOf(row, around.due[turn])) {
      await runStep(session, step, { phase: row.phase, timeout: limitOf(row, policy), ...options })
    }
  }
}

/** In service, with its changes. Who wants out does not wait for traffic to tell. */
async function verify(session: HostSession, planned: Planned, tier: TierContext): Promise<void> {
  try {
    await runSteps(session, 'serving', planned, tier, { givenUp: tier.stopped })
  } catch (error) {
    if (!tier.stopped() || session.signal?.aborted) throw error
    session.emit({ type: 'host-note', host: session.host, message: `not verified: ${messageOf(error)}` })
  }
}

/** The gates, asked again and again: one look right after a start says little. */
async function soak(session: HostSession, planned: Planned, tier: TierContext): Promise<void> {
  const soaking = phasesAt('changed').filter(({ soaks }) => soaks)
  const end = performance.now() + tier.policy.soak * 1000
  while (performance.now() < end && !tier.stopped()) {
    const left = Math.min(SOAK_EVERY * 1000, end - performance.now())
    await session.pause(left)
    await runSteps(session, 'changed', planned, tier, { timeout: 0 }, soaking)
  }
}
