import type { CompiledResource } from '../../catalog/compiled.ts'
import type { Problem } from '../../errors.ts'
import type { HostSession } from '../../host/session.ts'
import type { Host } from '../../inventory/inventory.ts'
import type { FieldChange } from '../../resources/resource.ts'
import type { RolloutStep } from '../../rollout/step.ts'
import type { Switchover } from '../../rollout/tier-plan.ts'

/**
 * How the primary of a tier, on which its other hosts depend, is moved to another of them: what a product gives, and all that
 * a run knows of it. The run asks the hosts, holds their locks, shows what will be done and tells what was; the product
 * decides by what the hosts say, and acts.
 */
export interface Failover {
  /** The product, as people call it: `MySQL`. */
  readonly product: string
  /**
   * Whether a resource is its host's part in such a group; its probe tells who is the primary. To be told by the name of its
   * kind: the roles of a project may have loaded another copy of it.
   */
  isPart(resource: CompiledResource): boolean
  /** Whether there are others beside the host whose part this is. */
  hasOthers(part: CompiledResource): boolean
  /** What the answers of a tier's hosts mean. Pure. */
  group(probed: readonly AskedHost[]): FailoverGroup
}

/** A host of a tier, as it was asked. */
export interface AskedHost {
  readonly host: Host
  /** What its roles declare; undefined: it could not be asked, or has no part in a group. */
  readonly part: CompiledResource | undefined
  /** As the lock wants it. */
  readonly generation: string
  /** A run left it out of service. */
  readonly drained: boolean
  /** What its part's kind made of the answer; or why there is none. */
  readonly state: { readonly known: unknown } | { readonly unknown: string }
}

export interface SwitchoverRequest {
  /** Name of the host that is to be the primary. */
  readonly to: string
  /** Somebody knows that the primary is gone. */
  readonly primaryLost: boolean
}

/** Everything about a group that its answers tell. Pure. */
export interface FailoverGroup {
  /** Hosts that act as the primary now. */
  readonly primaries: readonly string[]
  /** A host to be asked once more after all others, before `decide`: it goes on meanwhile. */
  askLast(request: SwitchoverRequest): string | undefined
  /** What a run would do that may move the primary to a host. */
  outlook(to: string): FailoverOutlook
  /** Who does what. What an interrupted switchover left halfway is a part of it. @throws InputError with all that speaks against it */
  decide(request: SwitchoverRequest): SwitchoverDecision
}

/** What a run that may move the primary would do about it. */
export interface FailoverOutlook {
  /** Undefined: nothing, for it is where it is to be, or nobody can tell where it is. */
  readonly switchover?: Switchover | undefined
  /** Hosts that an earlier switchover left halfway. */
  readonly unfinished: readonly string[]
  /** What speaks against it now; it may be well when its moment comes. */
  readonly problems: readonly Problem[]
}

/** Who does what to make a host the primary. */
export interface SwitchoverDecision {
  readonly to: string
  /** The primary that it takes the place of; undefined: it is the primary, and the others are to follow it. */
  readonly from: string | undefined
  /** All of it, as data: two decisions with equal plans do the same. */
  readonly plan: object
  /** What becomes of hosts, as plans show it; empty: there is nothing to do. */
  readonly changes: ReadonlyMap<string, readonly FieldChange[]>
  /** Hosts whose locks are held meanwhile. */
  readonly takingPart: readonly string[]
  /** Does it. @throws ProvisionError what went wrong, on which host, and in which state that leaves the group */
  carryOut(tools: SwitchoverTools): Promise<void>
  /** What is left for people to do, in sentences. @param hosts all of the inventory */
  notes(hosts: readonly Host[]): readonly string[]
}

/** What a product acts with. */
export interface SwitchoverTools {
  /** By name, of those that take part: their locks are held. */
  readonly sessions: ReadonlyMap<string, HostSession>
  /** Of another host, without its lock. */
  session(host: string): HostSession
  /** Waits until a step's question is answered with yes, as before a drain. @throws ProvisionError preflight */
  check(host: string, step: RolloutStep): Promise<void>
  /** To be told of each host that was changed, when it was. */
  done(host: string): void
}
