/** What the function of hosts.ts is given. */
export interface HostsInput {
  /** Absolute path of the inventory's folder. */
  readonly dir: string
  /** Absolute path of the project. */
  readonly root: string
  /** Names of the tiers of its site. */
  readonly tiers: readonly string[]
}
