import { ProvisionError } from '../errors.ts'
import type { Planned } from '../plan/planner.ts'
import { type Approved, needAsShown } from './as-shown.ts'

export type { Approved } from './as-shown.ts'

/**
 * What a plan made anew would disrupt that the one by which the host's tier was planned does not: nobody asked the tier's
 * preflight for it, nor its policy.
 * @param agreed the plan that the tier's rollout was made of
 */
export function beyondPlan(agreed: Planned, anew: Planned): string[] {
  const before = agreed.around
  const drained = new Set([...before.due.takeOut.map(({ role }) => role), ...(agreed.state.drained ?? [])])
  const isNewDrain = anew.around.due.takeOut.some(({ role }) => !drained.has(role))
  const newKeys = anew.around.disruptive.filter((key) => !before.disruptive.includes(key))
  const exposed = anew.around.exposed.filter((key) => !before.exposed.includes(key) && !before.disruptive.includes(key))
  const first = anew.around.first.filter(({ host }) => !before.first.some((one) => one.host === host))
  const isFailover = anew.isPrimary && anew.around.needsFailover && !before.needsFailover
  return [
    ...(isNewDrain ? [`it would be drained for ${newKeys.join(', ')}`] : []),
    ...(exposed.length > 0 ? [`requests would fail during ${exposed.join(', ')}`] : []),
    ...(isFailover && !isNewDrain ? ['it is the primary of its tier now'] : []),
    ...first.map(({ host, what }) => `${host} comes first (${what})`),
  ]
}

/** @throws ProvisionError stale, when a plan made anew is not what the rollout of its tier was made of, or was approved */
export function needAgreed(host: string, agreed: Planned, anew: Planned, approved: Approved | undefined): void {
  needWithin(host, agreed, anew)
  if (approved) needAsShown(host, approved, anew)
}

/** @throws ProvisionError stale, when a plan made anew goes beyond the one that the tier's rollout was made of */
export function needWithin(host: string, agreed: Planned, anew: Planned): void {
  const beyond = beyondPlan(agreed, anew)
  if (beyond.length === 0) return
  throw new ProvisionError(`since it was planned, this host has become another: ${beyond.join('; ')}`, {
    code: 'stale',
    host,
    hint: 'run again: that plans it with its tier',
  })
}
