import type { Pool } from '../connection/pool.ts'
import { InputError } from '../errors.ts'
import type { Emit, HostResult } from '../execute/events.ts'
import { type HostRun, hostRun } from '../execute/host-run.ts'
import { summaryOf } from '../execute/summary.ts'
import { hostSession } from '../host/make-session.ts'
import type { HostAccess } from '../host/session.ts'
import { hasWork } from '../plan/host-plan.ts'
import type { TierPlan } from '../rollout/tier-plan.ts'
import type { PlanFile } from '../sealed/format.ts'
import { minute } from '../sealed/validity.ts'
import { accessOf, openPool } from './access.ts'
import { approved } from './approval.ts'
import { type PrimaryMove, primaryMove } from './failover/move.ts'
import { giveHeadStarts } from './head-start.ts'
import { type HostPipeline, hostPipeline } from './host-pipeline.ts'
import { lookAcross } from './look-across.ts'
import { mapInTurns } from './loop-turns.ts'
import { maskedEmit, maskedError, maskedResult } from './masked-events.ts'
import { hasNewer, upgradeNotes } from './newer.ts'
import { finaliseStopped, finaliseUnbegun, planAll } from './plan-all.ts'
import { type Prepared, prepare } from './prepare.ts'
import { programHosts } from './program-hosts.ts'
import { type RollbackTarget, rollbackNotes, rollbackTarget } from './rollback.ts'
import type { RunEdges, RunOptions, RunOutcome } from './run-options.ts'
import { countersOf, tellThroughput } from './throughput.ts'
import { applyTiers, needSomebody, planTiers, type TierSwitchover, type TiersInput } from './tier-rollout.ts'

/**
 * One whole run: prepare, probe and plan every host, and unless it is a dry run apply tier by tier.
 * @throws InputError with everything that is wrong with the input; nothing was changed then
 */
export async function run(options: RunOptions, edges: RunEdges): Promise<RunOutcome> {
  const began = performance.now()
  const prepared = await prepare({ ...options, sendsNothing: options.rollback !== undefined })
  return runPrepared(options, edges, prepared, began)
}

/** The same with all input read and checked, which may serve several runs. @throws InputError as {@link run} */
export async function runPrepared(
  options: RunOptions,
  edges: RunEdges,
  prepared: Prepared,
  began = performance.now(),
): Promise<RunOutcome> {
  await edges.begun?.(prepared)
  const masked = { ...edges, emit: maskedEmit(edges.emit, prepared.mask) }
  const pool = openPool(prepared, masked, options.workers)
  try {
    const access = accessOf(prepared, pool, masked, options)
    return await steps({ options, edges: masked, prepared, access, started: performance.now() }, pool, began)
  } catch (error) {
    throw maskedError(error, prepared.mask)
  } finally {
    await pool.close()
  }
}

/** What every step of a run goes by. */
interface RunContext {
  readonly options: RunOptions
  readonly edges: RunEdges
  readonly prepared: Prepared
  readonly access: HostAccess
  /** When it was told to have begun, by `performance.now()`. */
  readonly started: number
}

/** The hosts that a run is about, each with its way through it. */
interface Fleet {
  readonly runs: ReadonlyMap<string, HostRun>
  readonly pipelines: ReadonlyMap<string, HostPipeline>
  readonly targets: readonly RollbackTarget[]
}

/** What became of the hosts, and what people have to know beyond that. */
interface Finalised {
  readonly results: readonly HostResult[]
  readonly notes: readonly string[]
}

async function steps(context: RunContext, pool: Pool, began: number): Promise<RunOutcome> {
  const { options, edges, prepared, access } = context
  const { emit, stop } = edges
  const move = options.switchover && primaryMove({ prepared, access, emit }, options.switchover)
  const hosts = prepared.hosts.map(({ name, tier }) => ({ name, tier }))
  const programs = programHosts(prepared.hosts)
  const more = programs.length > 0 ? { programs } : {}
  emit({ type: 'run-started', inventory: prepared.inventory.name, check: options.check, hosts, ...more })
  const fleet = fleetOf(context, pool)
  const runs = [...fleet.runs.values()]
  await planAll(runs, { forks: options.forks, stop, turn: access.turn })
  if (options.sealing?.file) needUnapplied(options.sealing.file, fleet.runs)
  const newer = options.upgrade ? upgradeNotes(runs.map((one) => aboutNewer(one, fleet))) : []
  const { results, notes } = stop?.requested()
    ? { results: await finaliseStopped(runs, options.check), notes: [] }
    : await changeAll(context, fleet, move)
  const outcome = summarise(context, { results, notes: [...newer, ...notes] }, performance.now() - began)
  const seals = options.sealing && [...fleet.pipelines.values()].flatMap((one) => one.seal() ?? [])
  return seals ? { ...outcome, seals } : outcome
}

/** @throws InputError when all that the kept plan says has been done */
function needUnapplied({ plan }: PlanFile, runs: ReadonlyMap<string, HostRun>): void {
  const working = plan.events.flatMap((event) =>
    event.type === 'host-planned' && hasWork(event.plan) ? [runs.get(event.host)?.applied()] : [],
  )
  const [first] = working.flatMap((applied) => applied ?? []).toSorted((a, b) => (a.at < b.at ? 1 : -1))
  if (first === undefined || working.some((applied) => applied === undefined)) return
  throw new InputError([
    {
      message: `the plan was applied already, on ${minute(first.at)} by ${first.by}: nothing is changed`,
      hint: 'a plan is applied once; make a new one to see what is to be done now',
    },
  ])
}

function fleetOf({ options, edges: { emit }, prepared, access }: RunContext, pool: Pool): Fleet {
  const all = prepared.hosts.map((host) => {
    const { name, tier } = host
    const target = options.rollback && rollbackTarget(host, options.rollback.to)
    const pipeline = hostPipeline({ options, prepared, host, target })
    const session = hostSession(access, name)
    const asDeclared = () => {
      prepared.compiler.forget(host)
      pool.spare(host)
    }
    const traffic = () => pool.traffic(host)
    const one = hostRun({ host: name, tier, session, means: pipeline, emit, traffic, asDeclared })
    return { name, target, pipeline, one }
  })
  return {
    runs: new Map(all.map(({ name, one }) => [name, one])),
    pipelines: new Map(all.map(({ name, pipeline }) => [name, pipeline])),
    targets: all.flatMap(({ target }) => target ?? []),
  }
}

/** What all hosts' plans taken together allow, tier by tier. */
async function changeAll(
  context: RunContext,
  { runs, targets }: Fleet,
  move: PrimaryMove | undefined,
): Promise<Finalised> {
  const { options, edges, prepared, access } = context
  const { emit, stop, confirm } = edges
  const { inventory, hosts, compiler } = prepared
  const goals = targets.flatMap((target) => target.goals())
  const simultaneous = await lookAcross(compiler, options.root, runs, options.rollback && goals)
  const tiers: TiersInput = {
    inventory,
    hosts,
    runs,
    emit,
    simultaneous,
    stop,
    confirm,
    forks: options.forks,
    switchover: move && (await plannedMove(move, runs, emit)),
    session: (name) => hostSession(access, name),
  }
  const plans = planTiers(tiers)
  emit({ type: 'rollout-planned', tiers: plans.filter(({ batches }) => batches.length > 0) })
  if (!options.check) {
    needSomebody(tiers, plans)
    if (!(await approved({ runs, plans, emit, approve: edges.approve })))
      return {
        results: await finaliseUnbegun([...runs.values()], 'declined at the prompt'),
        notes: rollbackNotes(goals),
      }
    if (plans.some(({ batches }) => batches.length > 0)) await edges.beforeFirstChange?.()
  }
  const counters = options.check ? [] : countersOf(plans, runs)
  const results = await finaliseAll(tiers, options.check ? [] : await begun(tiers))
  await tellThroughput(counters, { access, emit, runs, began: context.started })
  return { results, notes: [...rollbackNotes(goals), ...(move?.notes() ?? [])] }
}

/** How the tiers are changed once their new hosts have had a head start. */
async function begun(tiers: TiersInput): Promise<readonly TierPlan[]> {
  await giveHeadStarts({ ...tiers, stopped: () => tiers.stop?.requested() ?? false })
  return planTiers(tiers)
}

/** What of the move of the primary is known beforehand; what would speak against it now is told, for it may pass. */
async function plannedMove(move: PrimaryMove, runs: ReadonlyMap<string, HostRun>, emit: Emit): Promise<TierSwitchover> {
  const needsFailover = (host: string) => runs.get(host)?.planned()?.around.needsFailover ?? false
  const { switchover, unfinished, problems } = await move.plan(needsFailover)
  for (const { message, hint } of switchover?.from !== undefined && needsFailover(switchover.from) ? problems : []) {
    emit({ type: 'warning', message: `the switchover to ${switchover?.to} would be refused now: ${message}`, hint })
  }
  return { tier: move.tier, planned: switchover, unfinished, carryOut: (host) => move.carryOut(host) }
}

/** Changes what the plans say, and settles the hosts that they leave out; in the inventory's order. */
async function finaliseAll(tiers: TiersInput, plans: readonly TierPlan[]): Promise<HostResult[]> {
  const inTiers = new Set(plans.flatMap(({ batches }) => batches.flatMap(({ hosts }) => hosts)))
  const others = [...tiers.runs.values()].filter(({ host }) => !inTiers.has(host))
  const finalised = await mapInTurns(others, (one) => one.finalise())
  const results = [...finalised, ...(await applyTiers(tiers, plans))]
  const byHost = new Map(results.map((result) => [result.host, result]))
  return [...tiers.runs.keys()].flatMap((host) => byHost.get(host) ?? [])
}

function summarise(
  { options, edges, prepared: { mask } }: RunContext,
  { results, notes }: Finalised,
  ms: number,
): RunOutcome {
  const summary = summaryOf(results, ms)
  const again = edges.again?.((text) => mask.text(text))
  edges.emit({
    type: 'run-finished',
    summary,
    results,
    again,
    ...(options.sealing?.file && { whole: true }),
    ...(notes.length > 0 && { notes }),
  })
  return { summary, results: results.map((result) => maskedResult(result, mask)) }
}

function aboutNewer(run: HostRun, { pipelines }: Fleet) {
  const planned = run.planned()
  const newer = hasNewer(planned, pipelines.get(run.host)?.declared() ?? new Map())
  return { host: run.host, newer, changes: planned !== undefined && hasWork(planned.plan) }
}
