/** Hosts at a time, unless `--forks` says otherwise. */
export const DEFAULT_FORKS = 25

/** Flags as commander hands them over. */
export interface CliFlags {
  readonly inventory?: string
  readonly project: string
  readonly check: boolean
  readonly diff?: boolean
  readonly limit: readonly string[]
  readonly tags: readonly string[]
  readonly forks: number
  readonly var: readonly string[]
  readonly json: boolean
  readonly showScript: boolean
  readonly verbose: number
  readonly askBecomePassword: boolean
  readonly color?: boolean
  readonly yes: boolean
  /** Of `provision upgrade` and `provision rollback`. */
  readonly tier?: readonly string[]
  /** Of `provision rollback`: a version. Of `provision switchover`: a host. */
  readonly to?: string
  /** Of a plain run and `provision upgrade`: a MySQL server. */
  readonly switchoverTo?: string
  /** Of `provision switchover`. */
  readonly primaryLost?: boolean
}
