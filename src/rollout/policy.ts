/** How changes of a tier go out. What is undefined is chosen by what the change does: see `planTier`. */
export interface RolloutPolicy {
  /**
   * Hosts at a time: a number, or a percentage of the tier such as `25%`. Several: the first so many hosts, then the
   * next so many, and the last one goes for all that are left.
   */
  readonly serial?: readonly (number | string)[] | undefined
  /**
   * The same for hosts of which no service runs: new ones, mostly. Nobody misses them, so they need no order to stay
   * reachable. Undefined: like the others.
   */
  readonly serialDown?: number | string | undefined
  /** New hosts are given roles that need no other host before the first tier has its turn, all at once. */
  readonly headStart: boolean
  /** Failed hosts of the tier, in percent, above which the rest of it is not begun. */
  readonly maxFailPercentage?: number | undefined
  /** The same as a number of hosts; the stricter of both counts. */
  readonly maxFailures?: number | undefined
  /**
   * Name of a var (`rack`), or names and globs of groups: hosts with different values of it, or in different groups, are never
   * at work at the same time.
   */
  readonly failureDomain?: string | readonly string[] | undefined
  /** Seconds between batches. */
  readonly pause: number
  /** Ask before each batch but the first. */
  readonly confirm: boolean
  /** Seconds for which a host's gates must hold after its change before the next host takes its slot. */
  readonly soak: number
  /** Seconds that each step of a drain may take, in place of the role's. */
  readonly drainTimeout?: number | undefined
  /** Seconds that each gate may take, in place of the role's. */
  readonly gateTimeout?: number | undefined
}

export const NO_POLICY: RolloutPolicy = { headStart: false, pause: 0, confirm: false, soak: 0 }
