import type { Emit } from '../execute/events.ts'
import type { HostRun } from '../execute/host-run.ts'
import { type HostPlan, hasWork } from '../plan/host-plan.ts'
import type { TierPlan } from '../rollout/tier-plan.ts'
import type { RunEdges } from './run-options.ts'

export interface ApprovalInput {
  readonly runs: ReadonlyMap<string, HostRun>
  readonly plans: readonly TierPlan[]
  readonly emit: Emit
  readonly approve: RunEdges['approve']
}

/**
 * Shows the plan, and asks. From a yes on every host is held to what was shown of it.
 * @returns whether to go on; without anything to do, or anybody to ask, that is not asked
 */
export async function approved({ runs, plans, emit, approve }: ApprovalInput): Promise<boolean> {
  if (approve === undefined || plans.every(({ batches }) => batches.length === 0)) return true
  const all = [...runs.values()]
  const failures = all.flatMap((one) => {
    const failure = one.failure()
    return failure ? [{ host: one.host, failure }] : []
  })
  emit({ type: 'plan-shown', failures })
  const hostPlans = all.flatMap((one) => one.planned()?.plan ?? [])
  if (!(await approve(approvalQuestion(hostPlans, plans, all.length)))) return false
  for (const one of all) one.approve()
  return true
}

/** Names in a list of the question: it is one line. */
const NAMES = 3

/** `Apply 14 changes on 3 of 12 hosts (restart nginx on 2 hosts; out of service meanwhile: web1, web2)?` */
export function approvalQuestion(hosts: readonly HostPlan[], tiers: readonly TierPlan[], size: number): string {
  const working = hosts.filter(hasWork)
  const changes = working.flatMap(({ items }) => items).filter(({ action }) => action !== 'none').length
  const what = changes > 0 ? counted(changes, 'change') : 'what is pending'
  const where = working.length === size ? counted(size, 'host') : `${working.length} of ${counted(size, 'host')}`
  const switchovers = tiers.flatMap(({ batches }) => batches.flatMap(({ switchover }) => switchover ?? []))
  const exposed = working.filter(({ rollout }) => (rollout?.exposed?.length ?? 0) > 0).map(({ host }) => host)
  const more = [
    ...restarts(working),
    ...switchovers.map(({ from, to }) =>
      from === undefined ? `${to} becomes primary` : `primary moves from ${from} to ${to}`,
    ),
    ...named(
      'out of service meanwhile',
      tiers.flatMap(({ drains }) => drains),
    ),
    ...named('requests fail meanwhile on', exposed),
  ]
  return `Apply ${what} on ${where}${more.length > 0 ? ` (${more.join('; ')})` : ''}?`
}

/** Handlers that start something anew, each with the number of its hosts. */
function restarts(hosts: readonly HostPlan[]): string[] {
  const counts = new Map<string, number>()
  for (const { id } of hosts.flatMap(({ handlers }) => handlers)) {
    if (/^restart\b/.test(id)) counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  const all = [...counts].map(([id, count]) => `${id} on ${counted(count, 'host')}`)
  return all.length > NAMES ? [...all.slice(0, NAMES), `${all.length - NAMES} more restarts`] : all
}

const named = (what: string, names: readonly string[]): string[] => {
  if (names.length === 0) return []
  const more = names.length > NAMES ? ` and ${names.length - NAMES} more` : ''
  return [`${what}: ${names.slice(0, NAMES).join(', ')}${more}`]
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
