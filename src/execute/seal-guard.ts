import type { Planned } from '../plan/planner.ts'

/** When a host has done all of a plan, and by whom it was told. */
export interface AppliedBefore {
  readonly at: string
  /** `user@machine` */
  readonly by: string
}

/** Holds a host to a plan that was kept. Asked after each probe; it knows what the host said in it. */
export interface SealGuard {
  /** The host has done all of the plan in an earlier run. */
  applied(): AppliedBefore | undefined
  /** An earlier run began it here, and was cut off. */
  isBegun(): boolean
  /**
   * @param changed keys of what this run has done so far
   * @throws ProvisionError stale, when what is to be done now is not within the plan
   */
  check(planned: Planned, changed: readonly string[]): void
  /** What people have to know of the host besides. */
  notes(): readonly string[]
}
