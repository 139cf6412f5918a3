import type { Connection } from '../connection/connection.ts'
import type { Emit, HostResult, RetryCommand, Summary } from '../execute/events.ts'
import type { Target } from '../host/target.ts'
import type { Host } from '../inventory/inventory.ts'
import type { PlanFile } from '../sealed/format.ts'
import type { HostSeal } from '../sealed/seal-host.ts'
import type { MoveRequest } from './failover/move.ts'
import type { Prepared, PrepareOptions } from './prepare.ts'

export interface RunOptions extends PrepareOptions {
  readonly check: boolean
  /** Hosts at a time, 1 or more. */
  readonly forks: number
  /** Processes that hold the connections; undefined: by the number of hosts and cores. */
  readonly workers?: number | undefined
  readonly showScripts: boolean
  /** Packages go to the newest versions that their declarations allow. */
  readonly upgrade?: boolean | undefined
  /** Back to what was before, or to what `to` names; nothing else is changed. */
  readonly rollback?: { readonly to?: string | undefined } | undefined
  /** A host to which the primary of its tier may be moved, where the primary must not go through its changes as such. */
  readonly switchover?: MoveRequest | undefined
  /** The plan is to be kept, or one that was kept is applied. */
  readonly sealing?: Sealing | undefined
}

export interface Sealing {
  /** Of the plan: hexadecimal digits. */
  readonly id: string
  /** What is applied; undefined: it is being made. */
  readonly file?: PlanFile | undefined
}

export interface RunEdges {
  readonly emit: Emit
  /** The run's own name, of hexadecimal digits; default: a new one. */
  readonly id?: string | undefined
  /** Waited for once, when all input is read and nothing is told of the run yet. */
  readonly begun?: ((prepared: Prepared) => Promise<void>) | undefined
  /** Waited for before the first change of any host, where there is one. @throws InputError: nothing is to be changed */
  readonly beforeFirstChange?: (() => Promise<void>) | undefined
  /** What the user would say to do it again. */
  readonly again?: ((mask: (text: string) => string) => RetryCommand) | undefined
  /** How hosts are connected; the default is by their transport. */
  readonly connect?: (host: Host) => Promise<Connection>
  /** Where a host has what scripts count on; undefined: where all have it. */
  readonly target?: (host: string) => Target
  readonly stop?: { requested(): boolean; readonly signal: AbortSignal }
  /**
   * Asks whether the plan that is shown is to be applied, before the first change; undefined: it is applied unasked. A host
   * whose plan is another by then is not changed.
   */
  readonly approve?: ((question: string) => Promise<boolean>) | undefined
  /** Asks the user, for policies that want it; undefined: there is nobody to ask. */
  readonly confirm?: ((question: string) => Promise<boolean>) | undefined
}

export interface RunOutcome {
  readonly summary: Summary
  readonly results: readonly HostResult[]
  /** Of each host that was planned, where the plan is to be kept. */
  readonly seals?: readonly HostSeal[] | undefined
}
