import type { Host } from '../../inventory/inventory.ts'
import type { HostPlan } from '../../plan/host-plan.ts'
import type { TierPlan } from '../../rollout/tier-plan.ts'
import type { AskedHost, SwitchoverDecision } from './port.ts'

/** What becomes of each host, as every plan is shown. */
export function hostPlans({ changes }: SwitchoverDecision, probed: readonly AskedHost[]): HostPlan[] {
  const [some] = probed.flatMap(({ part }) => part ?? [])
  return probed.map(({ host: { name, tier }, part = some }) => {
    const fields = changes.get(name) ?? []
    const action = fields.length > 0 ? ('update' as const) : ('none' as const)
    const item = part && {
      ...{ key: part.key, kind: part.kind.kind, role: part.role, action, fields },
      ...{ segment: 0, diffs: [], notify: [] },
    }
    return { host: name, tier, items: item ? [item] : [], handlers: [] }
  })
}

/** Hosts that are changed: all at the same time. */
export function tierPlanOf({ changes, takingPart }: SwitchoverDecision, hosts: readonly Host[]): TierPlan {
  const names = hosts.flatMap(({ name }) => (takingPart.includes(name) && changes.has(name) ? [name] : []))
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
