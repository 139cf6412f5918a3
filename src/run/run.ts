import { randomBytes } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import pLimit from 'p-limit'
import { artifactProblems, readArtifact } from '../artifacts/artifact-files.ts'
import { connector } from '../connection/connect.ts'
import type { Connection } from '../connection/connection.ts'
import { createPool, type Pool } from '../connection/pool.ts'
import { InputError } from '../errors.ts'
import { askState } from '../execute/ask-state.ts'
import type { Means } from '../execute/converge.ts'
import type { Again, Emit, HostResult, Summary } from '../execute/events.ts'
import { type HostRun, hostRun } from '../execute/host-run.ts'
import { probeHost } from '../execute/probe-host.ts'
import { refresh } from '../execute/refresh.ts'
import { summaryOf } from '../execute/summary.ts'
import { parseFacts } from '../facts/parse.ts'
import { factsProbe } from '../facts/probe.ts'
import { hostSession } from '../host/make-session.ts'
import type { HostAccess } from '../host/session.ts'
import type { Target } from '../host/target.ts'
import type { Host } from '../inventory/inventory.ts'
import { hasWork } from '../plan/host-plan.ts'
import { toldOnce } from '../problems/told-once.ts'
import { refreshLists } from '../resources/package/lists.ts'
import type { TierPlan } from '../rollout/tier-plan.ts'
import { type MoveRequest, type PrimaryMove, primaryMove } from './failover/move.ts'
import { giveHeadStarts } from './head-start.ts'
import { maskedEmit, maskedError, maskedResult } from './masked-events.ts'
import { hasNewer, upgradable, upgradeNotes } from './newer.ts'
import { type Prepared, type PrepareOptions, prepare } from './prepare.ts'
import { disagreements, type Goal, rollbackNotes, type WayBack, wayBack } from './rollback.ts'
import {
  applyTiers,
  leftOutFirst,
  needSomebody,
  planTiers,
  type TierSwitchover,
  type TiersInput,
} from './tier-rollout.ts'

export interface RunOptions extends PrepareOptions {
  readonly check: boolean
  /** Hosts at a time, 1 or more. */
  readonly forks: number
  readonly showScripts: boolean
  /** Packages go to the newest versions that their declarations allow. */
  readonly upgrade?: boolean | undefined
  /** Back to what was before, or to what `to` names; nothing else is changed. */
  readonly rollback?: { readonly to?: string | undefined } | undefined
  /** A host to which the primary of its tier may be moved, where the primary must not go through its changes as such. */
  readonly switchover?: MoveRequest | undefined
}

export interface RunEdges {
  readonly emit: Emit
  /** What the user would say to do it again. */
  readonly again?: ((mask: (text: string) => string) => Again) | undefined
  /** How hosts are connected; the default is by their transport. */
  readonly connect?: (host: Host) => Promise<Connection>
  /** Where a host has what scripts count on; undefined: where all have it. */
  readonly target?: (host: string) => Target
  readonly stop?: { requested(): boolean; readonly signal: AbortSignal }
  /** Asks the user, for policies that want it; undefined: there is nobody to ask. */
  readonly confirm?: ((question: string) => Promise<boolean>) | undefined
}

/** What the hosts of a run are planned with. */
interface Planning {
  readonly prepared: Prepared
  readonly access: HostAccess
  readonly runs: Map<string, HostRun>
  readonly ways: ReadonlyMap<string, WayBack>
  readonly move: PrimaryMove | undefined
}

export interface RunOutcome {
  readonly summary: Summary
  readonly results: readonly HostResult[]
}

/**
 * One whole run: prepare, probe and plan every host, and unless it is a dry run apply tier by tier.
 * @throws InputError with everything that is wrong with the input; nothing was changed then
 */
export async function run(options: RunOptions, edges: RunEdges): Promise<RunOutcome> {
  const began = performance.now()
  const prepared = await prepare({ ...options, sendsNothing: options.rollback !== undefined })
  const { mask } = prepared
  try {
    return await runPrepared(options, { ...edges, emit: maskedEmit(edges.emit, mask) }, prepared, began)
  } catch (error) {
    throw maskedError(error, mask)
  }
}

async function runPrepared(
  options: RunOptions,
  edges: RunEdges,
  prepared: Prepared,
  began: number,
): Promise<RunOutcome> {
  const { emit } = edges
  const { hosts, inventory, mask } = prepared
  const warn = (message: string) => emit({ type: 'warning', message })
  const pool = createPool(
    edges.connect ?? connector({ warn, mask: (text) => mask.text(text), signal: edges.stop?.signal }),
  )
  try {
    const access = accessOf(prepared, pool, edges, options.showScripts)
    const move = options.switchover && primaryMove({ prepared, access, emit }, options.switchover)
    const named = hosts.map(({ name, tier }) => ({ name, tier }))
    emit({ type: 'run-started', inventory: inventory.name, check: options.check, hosts: named })
    const ways = new Map(options.rollback ? hosts.map((host) => [host.name, wayBack(host, options.rollback?.to)]) : [])
    const plain = new Map<string, ReadonlyMap<string, unknown>>()
    const runs = makeRuns(options, edges, prepared, access, pool, ways, plain)
    await planAll([...runs.values()], options.forks, edges.stop)
    const newer = options.upgrade ? upgradeNotes([...runs.values()].map((one) => aboutNewer(one, plain))) : []
    const { results, notes: others } = edges.stop?.requested()
      ? { results: [...runs.values()].map((one) => settleStopped(one, options.check)), notes: [] }
      : await changeAll(options, edges, { prepared, access, runs, ways, move })
    const notes = [...newer, ...others]
    const summary = summaryOf(results, performance.now() - began)
    const again = edges.again?.((text) => mask.text(text))
    emit({ type: 'run-finished', summary, results, again, ...(notes.length > 0 && { notes }) })
    return { summary, results: results.map((result) => maskedResult(result, mask)) }
  } finally {
    await pool.close()
  }
}

/** What all hosts' plans taken together allow, tier by tier. */
async function changeAll(
  options: RunOptions,
  edges: RunEdges,
  { prepared, access, runs, ways, move }: Planning,
): Promise<{ readonly results: readonly HostResult[]; readonly notes: readonly string[] }> {
  const { emit } = edges
  const { hosts, inventory } = prepared
  const goals = [...ways.values()].flatMap((way) => way.goals())
  if (options.rollback) checkGoals(goals, [...runs.values()])
  const tiers: TiersInput = {
    ...{ inventory, hosts, runs, emit, forks: options.forks, stop: edges.stop, confirm: edges.confirm },
    atOnce: lookAcross(prepared, runs),
    switchover: move && (await plannedMove(move, runs, emit)),
    session: (name) => hostSession(access, name),
  }
  const leftOut = leftOutFirst(runs)
  if (leftOut.length > 0) throw new InputError(leftOut)
  await verifyArtifacts(options.root, [...runs.values()])
  const plans = planTiers(tiers)
  emit({ type: 'rollout-planned', tiers: plans.filter(({ batches }) => batches.length > 0) })
  const results = await settleAll(tiers, options.check ? [] : await begun(tiers, plans))
  return { results, notes: [...rollbackNotes(goals), ...(move?.notes() ?? [])] }
}

/** How the tiers are changed once their new hosts have had a head start. */
async function begun(tiers: TiersInput, plans: readonly TierPlan[]): Promise<readonly TierPlan[]> {
  needSomebody(tiers, plans)
  await giveHeadStarts({ ...tiers, stopped: () => tiers.stop?.requested() ?? false })
  return planTiers(tiers)
}

/** The user wanted no more before all hosts were planned: what was found out is told, and nothing is changed. */
function settleStopped(one: HostRun, check: boolean): HostResult {
  return one.settle(one.pending() && !check ? 'the run was stopped' : undefined)
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

/** @throws InputError when the hosts can't go back together; none is changed then */
function checkGoals(goals: readonly Goal[], runs: readonly HostRun[]): void {
  const none = goals.length === 0 && !runs.some((one) => one.failed())
  const problems = none
    ? [{ message: 'nothing on these hosts can go back', hint: 'only releases (role app) keep what was before' }]
    : disagreements(goals)
  if (problems.length > 0) throw new InputError(problems)
}

/** Changes what the plans say, and settles the hosts that they leave out; in the inventory's order. */
async function settleAll(tiers: TiersInput, plans: readonly TierPlan[]): Promise<HostResult[]> {
  const inTurn = new Set(plans.flatMap(({ batches }) => batches.flatMap(({ hosts }) => hosts)))
  const settled = [...tiers.runs.values()].filter(({ host }) => !inTurn.has(host)).map((one) => one.settle())
  const results = [...settled, ...(await applyTiers(tiers, plans))]
  const byHost = new Map(results.map((result) => [result.host, result]))
  return [...tiers.runs.keys()].flatMap((host) => byHost.get(host) ?? [])
}

/** How all hosts of a run are spoken to. */
export function accessOf(
  { inventory, mask }: Prepared,
  pool: Pool,
  { emit, stop, target }: Pick<RunEdges, 'emit' | 'stop' | 'target'>,
  showScripts: boolean,
): HostAccess {
  const hosts = new Map(inventory.hosts.map((host) => [host.name, host]))
  const named = (name: string): Host => {
    const found = hosts.get(name)
    if (!found) throw new RangeError(`no host ${name}`)
    return found
  }
  return {
    connect: (name) => pool.get(named(name)),
    open: (name) => pool.fresh(named(name)),
    run: { id: nonce(), who: `${userInfo().username}@${hostname()}` },
    nonce,
    mask: (text) => mask.text(text),
    emit,
    showScripts,
    signal: stop?.signal,
    target,
  }
}

export const nonce = (): string => randomBytes(9).toString('hex')

function makeRuns(
  options: RunOptions,
  { emit }: RunEdges,
  { hosts, compiler, tags, known: earlier, cache, mask }: Prepared,
  access: HostAccess,
  pool: Pool,
  ways: ReadonlyMap<string, WayBack>,
  plain: Map<string, ReadonlyMap<string, unknown>>,
): Map<string, HostRun> {
  const one = (host: Host): HostRun => {
    const { name, tier } = host
    let known = earlier.get(name)
    let refreshed = !options.upgrade
    const way = ways.get(name)
    const compile = (facts: Parameters<typeof compiler.compile>[1]) => {
      const compiled = compiler.compile(host, facts, { tags })
      mask.learn(compiled.resources.map(({ desired }) => desired))
      if (compiled.problems.length > 0) throw new InputError(compiled.problems)
      // The way back migrates nothing: nobody waits for anybody.
      const inAnyOrder = compiled.rollouts.map((one) => ({ ...one, first: undefined }))
      if (way) return { ...compiled, resources: way.resources(compiled.resources), rollouts: inAnyOrder }
      if (!options.upgrade) return compiled
      const wanted = upgradable(compiled.resources)
      plain.set(name, wanted.plain)
      return { ...compiled, resources: wanted.resources }
    }
    const means: Means = {
      readArtifact: (artifact) => readArtifact(options.root, artifact),
      async probe(session, after) {
        if (!refreshed) await refresh(session, refreshLists)
        refreshed = true
        const input = { session, tier, factsProbe, parseFacts, compile }
        if (way && !way.settled) {
          const { facts, resources } = await probeHost(input, known)
          known = facts
          way.settle(resources, await askState(session, resources))
        }
        const probed = await probeHost(input, known, after)
        known = probed.facts
        await cache.write(name, probed.facts)
        // Of a part of the roles, or of the resources, nobody can tell which handlers have no owner.
        return tags || way ? { ...probed.planned, orphaned: [] } : probed.planned
      },
    }
    return hostRun({
      host: name,
      tier,
      session: hostSession(access, name),
      means,
      emit,
      traffic: () => pool.traffic(host),
    })
  }
  return new Map(hosts.map((host) => [host.name, one(host)]))
}

const aboutNewer = (run: HostRun, plain: ReadonlyMap<string, ReadonlyMap<string, unknown>>) => {
  const planned = run.planned()
  const newer = hasNewer(planned, plain.get(run.host) ?? new Map())
  return { host: run.host, newer, changes: planned !== undefined && hasWork(planned.plan) }
}

/**
 * A host that is not begun when the user wants no more is left unknown.
 * @throws InputError when the facts of a host brought a mistake to light: better none is changed than some.
 */
async function planAll(runs: readonly HostRun[], forks: number, stop: RunEdges['stop']): Promise<void> {
  const limit = pLimit(forks)
  await Promise.all(runs.map((one) => limit(async () => (stop?.requested() ? undefined : one.plan()))))
  const problems = runs.flatMap((one) => one.problems())
  if (problems.length > 0) throw new InputError(toldOnce(problems))
}

/**
 * Hosts that must be changed at the same time.
 * @throws InputError when a role forbids what would become of its hosts taken together
 */
function lookAcross({ compiler }: Prepared, runs: ReadonlyMap<string, HostRun>): ReadonlySet<string> {
  const planned = [...runs.values()].flatMap((one) => {
    const work = one.work()
    if (work === undefined) return []
    return [[one.host, work.map(({ resource: { key, role }, change }) => ({ key, role, change }))] as const]
  })
  const { problems, atOnce } = compiler.across(new Map(planned))
  if (problems.length > 0) throw new InputError(problems)
  return atOnce
}

/**
 * Whole artifacts are read only when a host is to get them, so their sums are known only now.
 * @throws InputError before any host is changed
 */
async function verifyArtifacts(root: string, runs: readonly HostRun[]): Promise<void> {
  const problems = await artifactProblems(
    root,
    runs.flatMap((one) => one.artifacts()),
  )
  if (problems.length > 0) throw new InputError(problems)
}
