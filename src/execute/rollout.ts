import pLimit from 'p-limit'
import type { HostResult } from './events.ts'

/** Hosts of a tier that are to be changed, and how far failures may go. */
export interface TierRun {
  readonly tier: string
  /** All hosts of the tier that take part in the run. */
  readonly hosts: readonly string[]
  /** Of these, the ones with work to do. */
  readonly pending: readonly string[]
  /** Hosts that failed before anything was changed (unreachable, unreadable): they count against the budget. */
  readonly failed: number
  /** Hosts at a time: a number, or a percentage of the tier. */
  readonly serial: number | string
  readonly maxFailPercentage: number
}

/** How many hosts of a tier of this size `serial` lets change at a time: at least one. */
export function slots(serial: number | string, size: number): number {
  const wanted = typeof serial === 'number' ? serial : Math.floor((size * Number.parseFloat(serial)) / 100)
  return Math.max(1, Math.min(size, wanted))
}

/** Whether so many failures leave the budget of a tier intact. */
export function withinBudget(failed: number, size: number, maxFailPercentage: number): boolean {
  return size === 0 || (failed * 100) / size <= maxFailPercentage
}

export interface RolloutHooks {
  onTier(tier: TierRun): void
  apply(host: string): Promise<HostResult>
  /** A host that is not begun, and why. */
  skip(host: string, reason: string): HostResult
  /** True when the user wants no new host to begin. */
  stopped(): boolean
}

/**
 * Tiers in order, hosts of a tier in sliding slots. When a tier's failures exceed its budget, what has not begun is
 * left alone: in that tier and in the ones after it.
 */
export async function rollout(tiers: readonly TierRun[], forks: number, hooks: RolloutHooks): Promise<HostResult[]> {
  const results: HostResult[] = []
  let spent: string | undefined
  for (const tier of tiers) {
    let failed = tier.failed
    if (tier.pending.length > 0) hooks.onTier(tier)
    const why = (): string | undefined => {
      if (spent !== undefined) return spent
      if (hooks.stopped()) return 'the run was stopped'
      if (withinBudget(failed, tier.hosts.length, tier.maxFailPercentage)) return undefined
      return `${failed} of ${tier.hosts.length} hosts of tier ${tier.tier} failed, more than max_fail_percentage ${tier.maxFailPercentage} allows`
    }
    const limit = pLimit(Math.min(forks, slots(tier.serial, tier.hosts.length)))
    const tierResults = await Promise.all(
      tier.pending.map((host) =>
        limit(async () => {
          const reason = why()
          const result = reason === undefined ? await hooks.apply(host) : hooks.skip(host, reason)
          if (result.outcome === 'failed') failed += 1
          return result
        }),
      ),
    )
    results.push(...tierResults)
    if (!withinBudget(failed, tier.hosts.length, tier.maxFailPercentage)) spent ??= why()
  }
  return results
}
