import pLimit from 'p-limit'
import type { Batch, Switchover, TierPlan } from '../rollout/tier-plan.ts'
import type { HostResult } from './events.ts'

export interface RolloutHooks {
  onTier(tier: TierPlan): void
  /** Before the first host of a tier is taken out of service: why none is to be. */
  preflight(tier: TierPlan): Promise<string | undefined>
  /** Waits for what stands before a batch: why it is not begun. */
  before(batch: Batch, tier: TierPlan): Promise<string | undefined>
  /** Does a switchover in the turn of a host: the host's result when that failed, for it is not begun then. */
  switchOver(host: string, switchover: Switchover): Promise<HostResult | undefined>
  apply(host: string): Promise<HostResult>
  /** A host that is not begun, and why. */
  skip(host: string, reason: string): HostResult
  /** True when the user wants no new host to begin. */
  stopped(): boolean
}

const isSpent = (failed: number, { failuresAllowed }: TierPlan): boolean => failed > failuresAllowed

/**
 * Follows the plan: tiers in order, in each its batches, in each batch the hosts in sliding slots. When a tier's
 * failures exceed its budget, what has not begun is left alone: in that tier and in the ones after it.
 */
export async function rollout(tiers: readonly TierPlan[], forks: number, hooks: RolloutHooks): Promise<HostResult[]> {
  const results: HostResult[] = []
  let ended: string | undefined
  for (const tier of tiers) {
    const { results: done, spent } = await rollTier(tier, forks, hooks, ended)
    results.push(...done)
    ended ??= spent
  }
  return results
}

async function rollTier(
  tier: TierPlan,
  forks: number,
  hooks: RolloutHooks,
  ended: string | undefined,
): Promise<{ readonly results: readonly HostResult[]; readonly spent: string | undefined }> {
  let { failed } = tier
  let unconfirmed: string | undefined
  let preflight: Promise<string | undefined> | undefined
  let unfit: string | undefined
  const returning: Promise<unknown>[] = []
  const done = new Set<string>()
  const waitsFor = (host: string): string | undefined => {
    const other = tier.waiting.find((one) => one.host === host && !done.has(one.for))?.for
    return other && `${other} comes first, and is not done`
  }
  const unfitFor = async (host: string): Promise<string | undefined> => {
    if (!tier.drains.includes(host) || tier.leftDrained.includes(host)) return undefined
    // What an earlier run left out of service comes first: while it is out, no other could be spared.
    await Promise.all(returning)
    preflight ??= hooks.preflight(tier)
    unfit = await preflight
    return unfit
  }
  const why = (): string | undefined => {
    if (ended !== undefined) return ended
    if (unconfirmed !== undefined) return unconfirmed
    if (hooks.stopped()) return 'the run was stopped'
    if (!isSpent(failed, tier)) return undefined
    return `${failed} of ${tier.size} hosts of tier ${tier.tier} failed: ${tier.rule}`
  }
  const turn = async (host: string, switchover: Switchover | undefined): Promise<HostResult> => {
    const before = why()
    if (before !== undefined) return hooks.skip(host, before)
    // Before the preflight: what an earlier run left undone is what that would complain of.
    const failure = switchover && (await hooks.switchOver(host, switchover))
    if (failure) return failure
    const reason = why() ?? waitsFor(host) ?? (await unfitFor(host))
    return reason === undefined ? hooks.apply(host) : hooks.skip(host, reason)
  }
  const one = async (host: string, switchover: Switchover | undefined): Promise<HostResult> => {
    const taken = turn(host, switchover)
    if (tier.leftDrained.includes(host)) returning.push(taken)
    const result = await taken
    if (result.outcome === 'failed') failed += 1
    if (result.outcome === 'changed' || result.outcome === 'ok') done.add(host)
    return result
  }

  const results: HostResult[] = []
  if (tier.batches.length > 0) hooks.onTier(tier)
  for (const batch of tier.batches) {
    if (why() === undefined) unconfirmed = await hooks.before(batch, tier)
    const limit = pLimit(Math.min(forks, batch.slots))
    results.push(...(await Promise.all(batch.hosts.map((host) => limit(() => one(host, batch.switchover))))))
  }
  return { results, spent: isSpent(failed, tier) ? why() : (unconfirmed ?? unfit) }
}
