import { ProvisionError } from '../errors.ts'
import { apart } from '../host/apart.ts'
import { planDone, releaseLock } from '../host/lock.ts'
import type { HostSession } from '../host/session.ts'
import type { PlannedItem } from '../plan/host-plan.ts'
import type { Planned } from '../plan/planner.ts'
import type { Segment } from '../plan/segments.ts'
import type { Handler } from '../resources/resource.ts'
import { joinScripts, type Script } from '../shell/script.ts'
import { changeWithRevert } from './auto-revert.ts'
import { type Approved, needAgreed } from './beyond-plan.ts'
import type { SealGuard } from './seal-guard.ts'
import { calledBy, type ReadArtifact, runSegment } from './segment.ts'

/** A host whose state stays unknown after so many rounds of apply and probe will not get anywhere. */
const MAX_ROUNDS = 8

/** What it takes to bring a host to its plan, beside what is said to it. */
export interface Means {
  /**
   * Asks for the whole state anew and plans with it.
   * @param after runs at the end of the probe, e.g. to give the lock back
   */
  probe(session: HostSession, after?: Script): Promise<Planned>
  readonly readArtifact: ReadArtifact
  /** What somebody has seen and said yes to, and what of it is done; undefined: nobody was asked. */
  approved?(): Approved | undefined
  /** A plan that was kept and is applied now. */
  readonly sealed?: SealGuard | undefined
}

/** What was done to a host so far; also told when it fails halfway. */
export interface Progress {
  /** Keys of changed resources and `handler:ID` of handlers that ran, in order. */
  readonly changed: string[]
}

/**
 * Brings one host to its plan: segments, handlers, and a probe afterwards that must be clean.
 * @param planned as probed just now
 * @param progress is filled while it goes, so that it is true also when this throws
 * @param keepLock the caller holds the lock before and after
 * @throws ProvisionError when a step or handler fails, access is lost, or the host does not converge
 */
export async function converge(
  session: HostSession,
  means: Means,
  planned: Planned,
  progress: Progress,
  keepLock = false,
): Promise<void> {
  let current = planned
  let lockHeld = false
  try {
    for (let round = 0; isPending(current, progress); round++) {
      const refused = round > 0 ? refusal(session, current) : undefined
      if (refused) throw refused
      if (round === MAX_ROUNDS || !canAct(current, progress)) throw neverKnown(session, current)
      lockHeld = true
      const outcome = await applyPlan(session, means, current, progress)
      const last = outcome === 'applied' && !current.openEnded
      const next = await means.probe(session, last && !keepLock ? doneWith(session) : undefined)
      lockHeld = !last
      if (outcome === 'applied') verify(session, current, next, progress)
      else needAgreed(session.host, planned, next, means.approved?.())
      current = next
    }
    // What was to be known only later is as wanted: no probe after it has said that all is done.
    if (lockHeld && !keepLock && session.run.plan !== undefined) await rememberDone(session)
  } finally {
    if (lockHeld && !keepLock) await session.release()
  }
}

/**
 * Does a part of a host's plan, its handlers too, and looks at the whole host afterwards: what was done must be so.
 * @param part of the plan, as probed just now
 * @throws ProvisionError as {@link converge}
 */
export async function convergePart(
  session: HostSession,
  means: Means,
  part: Planned,
  progress: Progress,
): Promise<void> {
  let held = true
  try {
    const outcome = await applyPlan(session, means, part, progress)
    const next = await means.probe(session, releaseLock(session.run, session.target))
    held = false
    // Of the rest nothing was said yet.
    if (outcome === 'applied') verify(session, { ...part, openEnded: true }, next, progress)
  } finally {
    if (held) await session.release()
  }
}

/** Of a kept plan there is nothing left to do here. */
const doneWith = ({ run, target }: HostSession): Script =>
  joinScripts([...planDone(run, target), releaseLock(run, target)])

/** The same where there is no probe any more that could carry it. */
export async function rememberDone(session: HostSession): Promise<void> {
  const script = joinScripts(planDone(session.run, session.target))
  await session.ask({ ...apart([{ id: 'done', script, timeout: 10 }]), purpose: 'the plan is done here' })
}

/** Work of a plan but for commands that run each time and have run. */
function openSegments(planned: Planned, { changed }: Progress): Segment[] {
  return planned.segments.flatMap((segment) => {
    const steps = segment.steps.filter((step) => !(step[0].change.repeats && changed.includes(step[0].resource.key)))
    return steps.length > 0 ? [{ ...segment, steps }] : []
  })
}

const isPending = (planned: Planned, progress: Progress): boolean => planned.openEnded || canAct(planned, progress)

const canAct = (planned: Planned, progress: Progress): boolean =>
  openSegments(planned, progress).length > 0 || openHandlers(planned, progress).length > 0

/** Handlers whose only cause is a command that runs each time are not called again for having run. */
function openHandlers(planned: Planned, { changed }: Progress): Handler[] {
  const repeated = new Set(
    planned.plan.items.filter((item) => item.repeats && changed.includes(item.key)).map((item) => item.key),
  )
  const open = new Set(
    planned.plan.handlers
      .filter((handler) => handler.pending || handler.because.some((key) => !repeated.has(key)))
      .map((handler) => handler.id),
  )
  return planned.handlers.filter((handler) => open.has(handler.id))
}

async function applyPlan(
  session: HostSession,
  { readArtifact }: Means,
  planned: Planned,
  progress: Progress,
): Promise<'applied' | 'stale'> {
  const segments = openSegments(planned, progress)
  const ran = new Set<string>()
  const onDone = (key: string) => {
    if (!progress.changed.includes(key)) progress.changed.push(key)
  }
  const common = { generation: planned.state.generation, onDone }
  const notRun = () => openHandlers(planned, progress).filter((handler) => !ran.has(handler.id))

  for (const [i, segment] of segments.entries()) {
    const isLast = i === segments.length - 1 && !planned.openEnded
    // What a guarded change calls for must have taken effect before access is proven.
    const own = segment.autoRevert ? segment.steps.flatMap(calledBy).filter((handler) => !ran.has(handler.id)) : []
    const handlers = segment.autoRevert ? own : isLast ? notRun() : []
    const outcome = await (segment.autoRevert ? changeWithRevert : runSegment)(
      session,
      { ...common, segment, handlers },
      readArtifact,
    )
    if (outcome === 'stale') return outcome
    for (const handler of handlers) for (const id of [handler.id, ...(handler.supersedes ?? [])]) ran.add(id)
  }
  const rest = planned.openEnded && segments.length > 0 ? [] : notRun()
  if (rest.length === 0) return 'applied'
  return runSegment(session, { ...common, segment: { steps: [] }, handlers: rest }, readArtifact)
}

/** @throws ProvisionError when something that was applied, or should have been, still differs. */
function verify(session: HostSession, before: Planned, after: Planned, progress: Progress): void {
  const left = after.plan.items.filter((item) => {
    if (item.action === 'none' || item.repeats) return false
    return progress.changed.includes(item.key) || !before.openEnded
  })
  if (left.length === 0) return
  if (!isOnlyAltered(before, after, left, progress)) throw notConverging(session.host, left, progress.changed)
  const message = `${left.map(({ key }) => key).join(', ')}: altered by another change of this run, set again`
  session.emit({ type: 'host-note', host: session.host, message })
}

/**
 * Tells of every resource that differs although it was applied, or should have been.
 * @param left one at least
 * @param changed keys of what was applied
 */
export function notConverging(host: string, left: readonly PlannedItem[], changed: readonly string[]): ProvisionError {
  const first = left[0]?.key
  return new ProvisionError(`${left.map((item) => item.key).join(', ')} still differs after it was applied`, {
    code: 'not-converging',
    host,
    resource: first,
    hint:
      first !== undefined && changed.includes(first)
        ? 'something else on the host changes it back, or two resources disagree about it'
        : 'another change of this run altered it: declare it after what alters it',
    log: left.flatMap(remains),
  })
}

/** What only this round could bring to light rules out the rest, as it would have ruled out the whole run. */
function refusal(session: HostSession, { plan, stderrTail }: Planned): ProvisionError | undefined {
  const item = plan.items.find(({ problem }) => problem !== undefined)
  if (item?.problem === undefined) return undefined
  const { key, problem, hint } = item
  return new ProvisionError(problem, { code: 'probe', host: session.host, resource: key, hint, log: stderrTail })
}

/** What still differs of one resource, and why it can't be known. */
const remains = ({ key, fields, problem }: PlannedItem): string[] => [
  ...fields.map(({ field, from, to }) => `${key}  ${field}: ${from ?? '-'} instead of ${to ?? '-'}`),
  ...(problem === undefined ? [] : [`${key}  ${problem}`]),
]

/**
 * Nothing that was applied differs, but what was as declared does: a package enables its unit. That is put right in
 * another round, after which it counts as applied. Not where it would disturb what nobody took out of service for it.
 */
function isOnlyAltered(before: Planned, after: Planned, left: readonly PlannedItem[], { changed }: Progress): boolean {
  const isAltered = (item: PlannedItem) =>
    item.problem === undefined && item.action !== 'unknown' && !changed.includes(item.key)
  return left.every(isAltered) && after.around.disruptive.every((key) => before.around.disruptive.includes(key))
}

function neverKnown(session: HostSession, planned: Planned): ProvisionError {
  const unknown = planned.plan.items.filter((item) => item.action === 'unknown').map((item) => item.key)
  return new ProvisionError(`the state of ${unknown.join(', ')} stays unknown`, {
    code: 'probe',
    host: session.host,
    resource: unknown[0],
    hint: 'everything before it is as declared: see on the host why it can not be asked',
  })
}
