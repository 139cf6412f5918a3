import type { Traffic } from '../connection/connection.ts'
import { type Failure, failureOf, InputError, type Problem, ProvisionError } from '../errors.ts'
import type { HostSession } from '../host/session.ts'
import { headStart } from '../plan/head-start.ts'
import { hasWork } from '../plan/host-plan.ts'
import { withoutItems } from '../plan/nothing-to-do.ts'
import type { Planned } from '../plan/planner.ts'
import { artifactsOf, type Work } from '../plan/segments.ts'
import { pendingMarker } from '../plan/target-state.ts'
import type { Artifact } from '../resources/resource.ts'
import { needAgreed } from './beyond-plan.ts'
import { convergePart, type Means, type Progress, rememberDone } from './converge.ts'
import type { Emit, HostOutcome, HostResult } from './events.ts'
import { unreadable } from './failure.ts'
import { type RolloutState, rollOutHost, type TierContext } from './host-rollout.ts'
import type { AppliedBefore } from './seal-guard.ts'

/** A plan older than this is made anew before it is applied. */
const PLAN_MAX_AGE_MS = 60_000

/** What a host's run needs from the outside. */
export interface HostRunInput {
  readonly host: string
  readonly tier: string
  readonly session: HostSession
  /** Its probe throws InputError when the roles can't be compiled for this host. */
  readonly means: Means
  traffic(): Traffic
  emit: Emit
  /** The host was found as declared: what is held for its change is not needed any more. */
  asDeclared?(): void
}

/** One host's way through a run. */
export interface HostRun {
  readonly host: string
  readonly tier: string
  /** Connects, probes, plans. Never throws: what went wrong is in `failed` or `problems`. */
  plan(): Promise<void>
  /** Problems of the input that only this host's facts brought to light. */
  problems(): readonly Problem[]
  failed(): boolean
  /** Files of the controller that the plan brings to the host. */
  artifacts(): readonly Artifact[]
  pending(): boolean
  /** What it is planned to change; undefined when that is not known. */
  work(): readonly Work[] | undefined
  /** What it is planned to change, and what would be done around it; undefined when that is not known. */
  planned(): Planned | undefined
  /** The kept plan that is applied was done here before. */
  applied(): AppliedBefore | undefined
  /** What went wrong with it so far. */
  failure(): Failure | undefined
  /** Somebody has seen the plan and said yes: from now on it is done as it was shown, or not at all. */
  approve(): void
  /** What was planned need not be true any more: it is planned anew before it is applied. */
  invalidate(): void
  /** Whether a part of the plan may be done before the host's turn: it serves nobody, and needs no other for it. */
  mayBegin(): boolean
  /** Does that part. Never throws. */
  begin(): Promise<void>
  /** Applies the plan. Never throws. */
  apply(tier: TierContext): Promise<HostResult>
  /** The result of a host that is not applied: as planned, failed, or skipped for a reason. */
  finalise(skipped?: string): HostResult
  /** The result of a host that could not begin because of this. */
  fail(because: unknown): HostResult
}

export function hostRun(input: HostRunInput): HostRun {
  /** Milliseconds in which this host was at work; waiting for its turn is not. */
  let worked = 0
  let planned: Planned | undefined
  let plannedAt = 0
  /** By which the rollout of its tier is made. */
  let agreed: Planned | undefined
  /** What somebody has seen and said yes to. */
  let shown: Planned | undefined
  let failure: Failure | undefined
  /** Changes that call for their handlers without being done: the one that failed, those that nobody heard of. */
  let halfway: readonly string[] = []
  let problems: readonly Problem[] = []
  /** The kept plan was done here in an earlier run: there is nothing left to do. */
  let applied: AppliedBefore | undefined
  const progress: Progress = { changed: [] }
  const rolloutState: RolloutState = { drained: false, putBack: false }

  const result = (outcome: HostOutcome, because = failure): HostResult => ({
    host: input.host,
    tier: input.tier,
    outcome,
    changed: [...progress.changed],
    pendingHandlers:
      outcome === 'failed' || outcome === 'skipped' ? pendingAfter(planned, progress.changed, halfway) : [],
    ...(rolloutState.drained || (planned?.state.drained && !rolloutState.putBack) ? { drained: true } : {}),
    ...(rolloutState.putBack ? { putBack: true } : {}),
    ...(because ? { failure: because } : {}),
    traffic: input.traffic(),
    ms: worked,
  })
  const finished = (one: HostResult): HostResult => {
    input.emit({ type: 'host-finished', host: input.host, result: one })
    return one
  }
  const means: Means = {
    ...input.means,
    approved: () => shown && { planned: shown, changed: progress.changed },
    async probe(session, after) {
      const found = await input.means.probe(session, after)
      planned = found
      plannedAt = performance.now()
      if (!agreed) applied = input.means.sealed?.applied()
      if (!applied && !unreadable(found)) input.means.sealed?.check(found, progress.changed)
      return found
    },
  }
  const part = () => (planned && !failure && !applied ? headStart(planned) : undefined)
  const probe = (): Promise<Planned> => means.probe(input.session)
  const notes = (): readonly string[] => [
    ...(input.means.sealed?.notes() ?? []),
    ...(applied ? [`the plan was applied to it before, at ${applied.at} by ${applied.by}: it is left as it is`] : []),
  ]

  const change = async (tier: TierContext): Promise<HostOutcome> => {
    try {
      const isFresh = !planned?.replanBeforeApply && performance.now() - plannedAt < PLAN_MAX_AGE_MS
      const current = planned && isFresh ? planned : await anew(input.session, agreed, means)
      await rollOutHost(input.session, means, current, progress, tier, rolloutState)
      return progress.changed.length > 0 || rolloutState.putBack ? 'changed' : 'ok'
    } catch (error) {
      failure = withAdvice(failureOf(error), rolloutState)
      halfway = halfwayAfter(error)
      return 'failed'
    }
  }

  return {
    host: input.host,
    tier: input.tier,
    async plan() {
      const began = performance.now()
      input.emit({ type: 'host-probing', host: input.host })
      try {
        const found = await probe()
        agreed = found
        input.emit({ type: 'host-planned', host: input.host, plan: found.plan, ms: performance.now() - began })
        for (const id of found.stale) {
          input.emit({ type: 'host-note', host: input.host, message: orphan(id, input.session.target.stateDir) })
        }
        for (const message of notes()) input.emit({ type: 'host-note', host: input.host, message })
        failure = applied ? undefined : unreadable(found)
        if (!failure && !applied && !hasWork(found.plan)) {
          planned = agreed = withoutItems(found)
          // All of it was done when the link was lost, or the run: only that is left to be remembered.
          if (input.means.sealed?.isBegun()) await rememberDone(input.session)
          input.asDeclared?.()
        }
      } catch (error) {
        if (error instanceof InputError) problems = error.problems
        else failure = failureOf(error)
      }
      worked += performance.now() - began
    },
    problems: () => problems,
    failed: () => failure !== undefined || problems.length > 0,
    artifacts: () => (planned?.segments ?? []).flatMap(artifactsOf),
    pending: () => !failure && !applied && planned !== undefined && hasWork(planned.plan),
    work: () => (failure || applied ? undefined : planned?.segments.flatMap(({ steps }) => steps.flat())),
    planned: () => (failure || applied ? undefined : planned),
    applied: () => applied,
    failure: () => failure,
    approve() {
      shown = planned
    },
    invalidate() {
      plannedAt = Number.NEGATIVE_INFINITY
    },
    mayBegin: () => part() !== undefined,
    async begin() {
      const begun = part()
      if (!begun) return
      const began = performance.now()
      input.emit({ type: 'host-started', host: input.host })
      try {
        await convergePart(input.session, means, begun, progress)
        // Tiers are planned once more after it.
        agreed = planned
        // What it called for on this host may look another way now.
        if (shown) shown = planned
        failure = planned && unreadable(planned)
      } catch (error) {
        failure = failureOf(error)
        halfway = halfwayAfter(error)
      }
      const ms = performance.now() - began
      worked += ms
      const changes = progress.changed.filter((key) => !key.startsWith('handler:')).length
      input.emit({ type: 'host-begun', host: input.host, changes, ok: failure === undefined, ms })
    },
    async apply(tier) {
      const began = performance.now()
      input.emit({ type: 'host-started', host: input.host })
      const outcome = await change(tier)
      worked += performance.now() - began
      return finished(result(outcome))
    },
    finalise(skipped) {
      if (failure) return finished(result('failed'))
      if (applied) return finished(result('ok'))
      if (skipped !== undefined) {
        return finished(result('skipped', { code: 'stopped', message: skipped, log: [] }))
      }
      if (planned === undefined) {
        return finished(result('skipped', { code: 'stopped', message: 'not read: the run was stopped', log: [] }))
      }
      return finished(result(hasWork(planned.plan) ? 'planned' : progress.changed.length > 0 ? 'changed' : 'ok'))
    },
    fail(because) {
      failure = failureOf(because)
      return finished(result('failed'))
    },
  }
}

/** @throws ProvisionError when what is to be done has become another, or can't be told any more */
async function anew(session: HostSession, agreed: Planned | undefined, means: Means): Promise<Planned> {
  const { host } = session
  const found = await means.probe(session)
  const failure = unreadable(found)
  if (failure) throw new ProvisionError(failure.message, { ...failure, code: 'probe', host })
  if (agreed) needAgreed(host, agreed, found, means.approved?.())
  return found
}

const OUT = 'it stays out of service'

/** What the failure means for the service. */
function withAdvice(failure: Failure, { drained, putBack }: RolloutState): Failure {
  if (drained) {
    if (failure.hint?.startsWith('run again')) return { ...failure, hint: `${failure.hint}; ${OUT} until then` }
    const next = `${OUT}; when the cause is gone, run again: that puts it back`
    return { ...failure, hint: failure.hint === undefined ? next : `${failure.hint}; ${next}` }
  }
  if (failure.code === 'verify' || (putBack && failure.code === 'gate')) {
    const next =
      'in service with the new version; needs attention now: the next run finds nothing to do there and goes on'
    return { ...failure, hint: next }
  }
  if (!putBack || failure.code !== 'drain') return failure
  return { ...failure, hint: 'nothing was changed on it, and it is back in service' }
}

const orphan = (id: string, stateDir: string): string =>
  `orphaned pending handler from an earlier run: "${id}", which no role declares any more. Do by hand what it would, then remove ${pendingMarker(id, stateDir)}`

/** One that was refused by its own validation calls for nothing. */
function halfwayAfter(error: unknown): string[] {
  if (!(error instanceof ProvisionError) || error.refused) return []
  const { resource, unheard } = error
  return [...(resource === undefined ? [] : [resource]), ...unheard.filter((key) => !key.startsWith('handler:'))]
}

/** Handlers whose markers stand, or may stand, when the run leaves the host: pending before, or by a change begun, and not run. */
function pendingAfter(planned: Planned | undefined, done: readonly string[], halfway: readonly string[]): string[] {
  const begun = new Set([...done, ...halfway])
  const handlers = planned?.plan.handlers ?? []
  return handlers
    .filter(
      ({ id, pending, because }) =>
        !done.includes(`handler:${id}`) && (pending || because.some((key) => begun.has(key))),
    )
    .map(({ id }) => id)
}
