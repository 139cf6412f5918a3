import type { HostOutcome, HostResult, Summary } from './events.ts'

/** What became of the hosts. One that failed after some of its changes were made counts as changed, too. */
export function summaryOf(results: readonly HostResult[], ms: number): Summary {
  const count = (outcome: HostOutcome) => results.filter((result) => result.outcome === outcome).length
  return {
    ok: count('ok'),
    changed: results.filter(({ outcome, changed }) => outcome === 'changed' || changed.length > 0).length,
    planned: count('planned'),
    failed: count('failed'),
    skipped: count('skipped'),
    ms,
  }
}
