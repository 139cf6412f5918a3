import { InputError } from '../errors.ts'
import type { HostResult } from '../execute/events.ts'
import type { HostRun } from '../execute/host-run.ts'
import { toldOnce } from '../problems/told-once.ts'
import { concurrency } from './concurrency.ts'
import { loopTurns, mapInTurns } from './loop-turns.ts'
import type { RunEdges } from './run-options.ts'

export interface PlanAllOptions {
  readonly forks: number
  readonly stop: RunEdges['stop']
  /** Turns of the event loop: a host that is begun, and one whose answer is read, are not in the same one. */
  readonly turn?: (() => Promise<void>) | undefined
}

/**
 * Asks and plans hosts. One that is not begun when the user wants no more is left unknown.
 * @throws InputError when the facts of a host brought a mistake to light: better none is changed than some.
 */
export async function planAll(
  runs: readonly HostRun[],
  { forks, stop, turn = loopTurns() }: PlanAllOptions,
): Promise<void> {
  const inPlace = concurrency({ forks })
  const plan = async (one: HostRun): Promise<void> => {
    await turn()
    if (!stop?.requested()) await one.plan()
  }
  await Promise.all(runs.map((one) => inPlace(() => plan(one))))
  const problems = runs.flatMap((one) => one.problems())
  if (problems.length > 0) throw new InputError(toldOnce(problems))
}

/** The user wanted no more before all hosts were planned: what was found out is told, and nothing is changed. */
export function finaliseStopped(runs: readonly HostRun[], check: boolean): Promise<HostResult[]> {
  return finaliseUnbegun(runs, check ? undefined : 'the run was stopped')
}

/** Nothing is changed, for this reason. */
export const finaliseUnbegun = (runs: readonly HostRun[], reason: string | undefined): Promise<HostResult[]> =>
  mapInTurns(runs, (one) => one.finalise(one.pending() ? reason : undefined))
