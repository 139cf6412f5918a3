import type { Host } from '../../../inventory/inventory.ts'
import type { HostPlan } from '../../../plan/host-plan.ts'
import type { FieldChange } from '../../../resources/resource.ts'
import type { TierPlan } from '../../../rollout/tier-plan.ts'
import type { Member, SwitchPlan } from './switch-plan.ts'

/** What becomes of each server, as every plan is shown. */
export function hostPlans(plan: SwitchPlan, members: readonly Member[], hosts: readonly Host[]): HostPlan[] {
  return hosts.map(({ name, tier }) => {
    const fields = fieldsOf(plan, name, members)
    const item = {
      key: 'mysql-replication:server',
      kind: 'mysql-replication',
      role: 'mysql',
      segment: 0,
      diffs: [],
      notify: [],
    }
    const action = fields.length > 0 ? ('update' as const) : ('none' as const)
    return { host: name, tier, items: [{ ...item, action, fields }], handlers: [] }
  })
}

function fieldsOf({ candidate, old, lost, followers }: SwitchPlan, name: string, members: readonly Member[]) {
  const fields: FieldChange[] = []
  if (old === undefined && name === candidate) return fields
  const writable = (from: string, to: string): FieldChange => ({ field: 'writable', from, to })
  if (name === old) fields.push(lost ? { field: 'fenced', to: 'yes' } : writable('yes', 'no'))
  if (name === candidate)
    fields.push({ field: 'source', from: sourceOf(name, members), to: 'none' }, writable('no', 'yes'))
  if (followers.includes(name)) fields.push({ field: 'source', from: sourceOf(name, members), to: candidate })
  return fields
}

/** Name of the server that one replicates from now. */
function sourceOf(name: string, members: readonly Member[]): string | undefined {
  const state = members.find((member) => member.name === name)?.state
  if (state === undefined || 'unknown' in state || state.channel === undefined) return undefined
  const { host, port } = state.channel
  return members.find((member) => member.host === host && member.port === port)?.name ?? `${host}:${port}`
}

/** All servers take part at the same time. */
export function tierPlanOf({ candidate, old, lost, followers }: SwitchPlan, hosts: readonly Host[]): TierPlan {
  const involved = new Set([
    ...(old === undefined ? [] : [candidate]),
    ...(old === undefined || lost ? [] : [old]),
    ...followers,
  ])
  const names = hosts.flatMap(({ name }) => (involved.has(name) ? [name] : []))
  return {
    tier: hosts[0]?.tier ?? '',
    size: hosts.length,
    batches: names.length === 0 ? [] : [{ hosts: names, slots: names.length, pause: 0, confirm: false }],
    failed: 0,
    failuresAllowed: hosts.length,
    rule: 'all together',
    drains: [],
    leftDrained: [],
    waiting: [],
  }
}
