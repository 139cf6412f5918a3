import { isDeepStrictEqual } from 'node:util'
import { connector } from '../../../connection/connect.ts'
import { createPool, type Pool } from '../../../connection/pool.ts'
import { InputError } from '../../../errors.ts'
import type { Failure, HostOutcome, HostResult } from '../../../execute/events.ts'
import { summaryOf } from '../../../execute/summary.ts'
import { hostSession } from '../../../host/make-session.ts'
import { maskedEmit, maskedError, maskedResult } from '../../../run/masked-events.ts'
import { type Prepared, type PrepareOptions, prepare } from '../../../run/prepare.ts'
import { accessOf, type RunEdges, type RunOutcome } from '../../../run/run.ts'
import { change, type FailedAt, overtaken } from './change.ts'
import { decided } from './decide.ts'
import { type Asked, type Asking, askMember, membersOf } from './group.ts'
import { switchNotes } from './notes.ts'
import { hostPlans, tierPlanOf } from './shown-plan.ts'
import type { SwitchRequest } from './switch-plan.ts'

export interface SwitchOptions extends PrepareOptions, SwitchRequest {
  readonly check: boolean
  readonly showScripts: boolean
}

/**
 * Moves the writes of a group of MySQL servers to one of its replicas.
 * @throws InputError with everything that speaks against it; nothing was changed then
 */
export async function switchover(options: SwitchOptions, edges: RunEdges): Promise<RunOutcome> {
  const began = performance.now()
  const prepared = await prepare({ ...options, sendsNothing: true })
  const emit = maskedEmit(edges.emit, prepared.mask)
  const warn = (message: string) => emit({ type: 'warning', message })
  const pool = createPool(
    edges.connect ?? connector({ warn, mask: (text) => prepared.mask.text(text), signal: edges.stop?.signal }),
  )
  try {
    return await switchIn({ options, edges: { ...edges, emit }, prepared, pool, began })
  } catch (error) {
    throw maskedError(error, prepared.mask)
  } finally {
    await pool.close()
  }
}

interface Setting {
  readonly options: SwitchOptions
  readonly edges: RunEdges
  readonly prepared: Prepared
  readonly pool: Pool
  readonly began: number
}

async function switchIn({ options, edges, prepared, pool, began }: Setting): Promise<RunOutcome> {
  const { inventory, hosts, mask } = prepared
  const { emit } = edges
  const named = hosts.map(({ name, tier }) => ({ name, tier }))
  emit({ type: 'run-started', inventory: inventory.name, check: options.check, hosts: named })
  const access = accessOf(prepared, pool, edges, options.showScripts)
  const asking: Asking = {
    prepared,
    emit,
    session: (host) => hostSession({ ...access, showScripts: false }, host),
  }
  const first = await Promise.all(hosts.map((host) => askMember(asking, host)))
  needGroup(first, options)
  const { plan, asked } = await decided(asking, first, options)
  const members = membersOf(asked)
  for (const shown of hostPlans(plan, members, hosts)) {
    emit({ type: 'host-planned', host: shown.host, plan: shown, ms: 0 })
  }
  const tiers = [tierPlanOf(plan, hosts)].filter(({ batches }) => batches.length > 0)
  emit({ type: 'rollout-planned', tiers })
  const done = new Set<string>()
  const idle = options.check || tiers.length === 0
  const again = async () => {
    const fresh = await decided(asking, await Promise.all(hosts.map((host) => askMember(asking, host))), options)
    // What was shown is what is done.
    if (!isDeepStrictEqual(fresh.plan, plan)) throw overtaken(plan.candidate)
    return { plan, group: { asked: fresh.asked, members: membersOf(fresh.asked) } }
  }
  const input = { plan, group: { asked, members }, again, done: (name: string) => void done.add(name) }
  const failure = idle ? undefined : await change({ prepared, access, emit }, input)
  const involved = new Set(tiers.flatMap(({ batches }) => batches.flatMap((batch) => batch.hosts)))
  const results = hosts.map((host): HostResult => {
    const { name, tier } = host
    const result = resultOf(name, { involved: involved.has(name), check: options.check, done, failure })
    return { host: name, tier, owed: [], traffic: pool.traffic(host), ms: performance.now() - began, ...result }
  })
  for (const result of results) emit({ type: 'host-finished', host: result.host, result })
  const summary = summaryOf(results, performance.now() - began)
  const notes = failure ? [] : switchNotes(plan, hosts[0]?.tier ?? '', inventory.hosts)
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

/** @throws InputError when these hosts are no group */
function needGroup(asked: readonly Asked[], { to }: SwitchRequest): void {
  const names = asked.map(({ host }) => host.name)
  const tiers = new Set(asked.map(({ host }) => host.tier))
  if (tiers.size > 1) throw new InputError([{ message: `--tier: one at a time, not ${[...tiers].join(' and ')}` }])
  if (!names.includes(to)) {
    throw new InputError([
      { message: `--to: ${to} is not among the hosts of the tier`, hint: `known: ${names.join(', ')}` },
    ])
  }
  const alone = asked.find(
    ({ host, desired }) => host.name === to && desired !== undefined && desired.peers.length === 0,
  )
  if (alone) throw new InputError([{ message: `${to} is the only server of its tier` }])
  if (asked.some(({ desired }) => desired !== undefined)) return
  const [why] = asked.flatMap(({ host, state }) => ('unknown' in state ? [`${host.name}: ${state.unknown}`] : []))
  throw new InputError([
    { message: why === undefined ? 'the tier is no group of MySQL servers' : `no server could be asked: ${why}` },
  ])
}

interface Ending {
  /** The plan has something for it to do. */
  readonly involved: boolean
  readonly check: boolean
  readonly done: ReadonlySet<string>
  readonly failure: FailedAt | undefined
}

function resultOf(
  name: string,
  { involved, check, done, failure }: Ending,
): { readonly outcome: HostOutcome; readonly changed: readonly string[]; readonly failure?: Failure } {
  const changed = done.has(name) ? ['mysql-replication:server'] : []
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
