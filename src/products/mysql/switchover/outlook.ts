import type { FailoverOutlook } from '../../../run/failover/port.ts'
import { type Member, planSwitch } from './switch-plan.ts'

const NOTHING: FailoverOutlook = { unfinished: [], problems: [] }

/**
 * How the writes would go to a server in the course of a run: from the primary, when its turn comes; or at once, where
 * an earlier switchover to it was interrupted. Pure.
 */
export function failoverOutlook(members: readonly Member[], to: string): FailoverOutlook {
  const verdict = planSwitch(members, { to, primaryLost: false })
  const [writable, ...more] = members.filter(({ state }) => !('unknown' in state) && state.role === 'writable')
  if ('problems' in verdict) {
    const known = writable !== undefined && more.length === 0 && writable.name !== to
    return known ? { ...NOTHING, switchover: { from: writable.name, to }, problems: verdict.problems } : NOTHING
  }
  const { old, followers } = verdict
  if (old !== undefined && writable !== undefined) return { ...NOTHING, switchover: { from: old, to } }
  if (old !== undefined) return { ...NOTHING, switchover: { to }, unfinished: [to, ...followers] }
  // Who replicates from nobody, a new server too, is joined by the run itself.
  const elsewhere = members.filter(({ name, state }) => followers.includes(name) && hasSource(state))
  return elsewhere.length === 0 ? NOTHING : { ...NOTHING, switchover: { to }, unfinished: followers }
}

const hasSource = (state: Member['state']): boolean => !('unknown' in state) && state.channel !== undefined
