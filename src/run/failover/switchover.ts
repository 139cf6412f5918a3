import { isDeepStrictEqual } from 'node:util'
import type { Pool } from '../../connection/pool.ts'
import { type Failure, failureOf, InputError, ProvisionError } from '../../errors.ts'
import type { HostOutcome, HostResult } from '../../execute/events.ts'
import { summaryOf } from '../../execute/summary.ts'
import { hostSession } from '../../host/make-session.ts'
import { accessOf, openPool } from '../access.ts'
import { maskedEmit, maskedError, maskedResult } from '../masked-events.ts'
import { type Prepared, type PrepareOptions, prepare } from '../prepare.ts'
import type { RunEdges, RunOutcome } from '../run-options.ts'
import { type Asking, decided, failoverOf, productsOf } from './ask.ts'
import type { AskedHost, Failover, SwitchoverRequest } from './port.ts'
import { hostPlans, tierPlanOf } from './shown.ts'
import { carryOut, hostOf, overtaken, type SwitchoverContext, type UnderLocks } from './under-locks.ts'

export interface SwitchoverOptions extends PrepareOptions, SwitchoverRequest {
  readonly check: boolean
  readonly showScripts: boolean
  /** Of the products whose primaries can be moved. */
  readonly failovers: readonly Failover[]
}

/**
 * Moves the primary of a tier to another of its hosts.
 * @throws InputError with everything that speaks against it; nothing was changed then
 */
export async function switchover(options: SwitchoverOptions, edges: RunEdges): Promise<RunOutcome> {
  const began = performance.now()
  const prepared = await prepare({ ...options, sendsNothing: true })
  await edges.begun?.(prepared)
  const emit = maskedEmit(edges.emit, prepared.mask)
  const pool = openPool(prepared, { ...edges, emit })
  try {
    return await switchIn({ options, edges: { ...edges, emit }, prepared, pool, began })
  } catch (error) {
    throw maskedError(error, prepared.mask)
  } finally {
    await pool.close()
  }
}

interface RunContext {
  readonly options: SwitchoverOptions
  readonly edges: RunEdges
  readonly prepared: Prepared
  readonly pool: Pool
  readonly began: number
}

async function switchIn({ options, edges, prepared, pool, began }: RunContext): Promise<RunOutcome> {
  const { inventory, hosts, mask } = prepared
  const { emit } = edges
  const failover = failoverAmong(prepared, options)
  const named = hosts.map(({ name, tier }) => ({ name, tier }))
  emit({ type: 'run-started', inventory: inventory.name, check: options.check, hosts: named })
  const access = accessOf(prepared, pool, edges, { showScripts: options.showScripts })
  const session = (host: string) => hostSession({ ...access, showScripts: false }, host)
  const asking: Asking = { failover, prepared, emit, session }
  const { decision, probed } = await decided(asking, hosts, options, needAnswers)
  for (const shown of hostPlans(decision, probed)) emit({ type: 'host-planned', host: shown.host, plan: shown, ms: 0 })
  const tiers = [tierPlanOf(decision, hosts)].filter(({ batches }) => batches.length > 0)
  emit({ type: 'rollout-planned', tiers })
  const done = new Set<string>()
  const context = { prepared, access, emit }
  const again = async () => {
    const fresh = await decided(asking, hosts, options, needAnswers)
    // What was shown is what is done.
    if (!isDeepStrictEqual(fresh.decision.plan, decision.plan)) throw overtaken(decision.to)
    return fresh
  }
  const idle = options.check || tiers.length === 0
  const input = { decision, probed, again, done: (name: string) => void done.add(name) }
  if (!idle) await edges.beforeFirstChange?.()
  const failure = idle ? undefined : await change(context, input)
  const involved = new Set(tiers.flatMap(({ batches }) => batches.flatMap((batch) => batch.hosts)))
  const [key] = probed.flatMap(({ part }) => part?.key ?? [])
  const results = hosts.map((host): HostResult => {
    const { name, tier } = host
    const result = resultOf(name, { involved: involved.has(name), check: options.check, done, failure, key })
    return {
      host: name,
      tier,
      pendingHandlers: [],
      traffic: pool.traffic(host),
      ms: performance.now() - began,
      ...result,
    }
  })
  for (const result of results) emit({ type: 'host-finished', host: result.host, result })
  const summary = summaryOf(results, performance.now() - began)
  const notes = failure ? [] : decision.notes(inventory.hosts)
  emit({
    type: 'run-finished',
    summary,
    results,
    whole: true,
    again: edges.again?.((text) => mask.text(text)),
    ...(notes.length > 0 && { notes }),
  })
  return { summary, results: results.map((result) => maskedResult(result, mask)) }
}

/** @throws InputError when these hosts are no group, as far as that is declared */
function failoverAmong(prepared: Prepared, { to, failovers }: SwitchoverOptions): Failover {
  const { hosts } = prepared
  const names = hosts.map(({ name }) => name)
  const [tier = '', ...more] = new Set(hosts.map((host) => host.tier))
  if (more.length > 0) throw refused(`--tier: one at a time, not ${[tier, ...more].join(' and ')}`)
  if (!names.includes(to)) {
    throw refused(`--to: ${to} is not among the hosts of the tier`, `known: ${names.join(', ')}`)
  }
  const found = failoverOf(prepared, hostOf(prepared, to), failovers)
  if (found === undefined) throw refused(`tier ${tier} is no group of ${productsOf(failovers)} servers`)
  if (!found.hasOthers) throw refused(`${to} is the only server of its tier`)
  return found.failover
}

/** @throws InputError when no host could be asked */
function needAnswers(probed: readonly AskedHost[]): void {
  if (probed.some(({ part }) => part !== undefined)) return
  const [why] = probed.flatMap(({ host, state }) => ('unknown' in state ? [`${host.name}: ${state.unknown}`] : []))
  throw refused(`no server could be asked: ${why ?? 'there is none'}`)
}

const refused = (message: string, hint?: string): InputError => new InputError([{ message, hint }])

/** A failure and the host that it is about. */
type FailedAt = Failure & { readonly host: string }

/** Changes the hosts that take part, as a run of its own. @returns why it did not come to its end */
async function change(context: SwitchoverContext, input: UnderLocks): Promise<FailedAt | undefined> {
  const { to, takingPart } = input.decision
  context.emit({ type: 'tier-started', tier: hostOf(context.prepared, to).tier, hosts: takingPart })
  for (const host of takingPart) context.emit({ type: 'host-started', host })
  try {
    await carryOut(context, input)
    return undefined
  } catch (error) {
    const host = error instanceof ProvisionError ? error.host : undefined
    return { ...failureOf(error), host: host ?? to }
  }
}

interface Ending {
  /** The decision has something for it to do. */
  readonly involved: boolean
  readonly check: boolean
  readonly done: ReadonlySet<string>
  readonly failure: FailedAt | undefined
  /** What is changed on each host. */
  readonly key: string | undefined
}

function resultOf(
  name: string,
  { involved, check, done, failure, key }: Ending,
): { readonly outcome: HostOutcome; readonly changed: readonly string[]; readonly failure?: Failure } {
  const changed = key !== undefined && done.has(name) ? [key] : []
  if (failure?.host === name) {
    const { host: _, ...why } = failure
    return { outcome: 'failed', changed, failure: why }
  }
  if (done.has(name)) return { outcome: 'changed', changed }
  if (!involved) return { outcome: 'ok', changed }
  if (check) return { outcome: 'planned', changed }
  return {
    outcome: 'skipped',
    changed,
    failure: { code: 'stopped', message: `${failure?.host} failed`, log: [] },
  }
}
