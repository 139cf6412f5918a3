import pLimit from 'p-limit'
import type { Emit } from '../execute/events.ts'
import type { HostRun } from '../execute/host-run.ts'
import type { Inventory } from '../inventory/inventory.ts'

export interface HeadStartInput {
  readonly inventory: Inventory
  readonly runs: ReadonlyMap<string, HostRun>
  /** Hosts at a time. */
  readonly forks: number
  readonly emit: Emit
  /** True when the user wants no new host to begin. */
  stopped(): boolean
}

/**
 * Gives new hosts of tiers that have `head_start` what needs no other host, all tiers at once. What fails counts in its
 * tier, when that has its turn.
 */
export async function giveHeadStarts({ inventory, runs, forks, emit, stopped }: HeadStartInput): Promise<void> {
  const tiers = new Set(inventory.tiers.filter(({ rollout }) => rollout.headStart).map(({ name }) => name))
  const some = [...runs.values()].filter((one) => tiers.has(one.tier) && one.mayBegin())
  // One host begins no earlier by it, but is asked once more.
  if (some.length < 2) return
  emit({ type: 'head-start', hosts: some.map(({ host }) => host) })
  const limit = pLimit(forks)
  await Promise.all(some.map((one) => limit(async () => (stopped() ? undefined : one.begin()))))
}
