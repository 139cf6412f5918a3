import { messageOf, type Problem } from '../errors.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { HostChange, Role } from './role.ts'

/** What all roles say to a run as a whole. */
export interface FleetCheckResult {
  readonly problems: readonly Problem[]
  /** Hosts that are to be changed at the same time. */
  readonly simultaneous: ReadonlySet<string>
}

/**
 * Asks each role that looks across hosts about all hosts that have it.
 * @param planned changes by host; a host that is not in it is left out by the run
 */
export function checkFleet(
  inventory: Inventory,
  roles: ReadonlyMap<string, Role>,
  planned: ReadonlyMap<string, readonly HostChange[]>,
): FleetCheckResult {
  const verdicts = [...roles.values()].map((role) => {
    if (role.fleetCheck === undefined) return {}
    const tiers = inventory.tiers.filter((tier) => tier.roles.includes(role.name)).map(({ name }) => name)
    const hosts = inventory.hosts
      .filter(({ tier }) => tiers.includes(tier))
      .map(({ name, tier }) => ({ host: name, tier, changes: planned.get(name) }))
    try {
      return role.fleetCheck(hosts)
    } catch (error) {
      return { problems: [{ message: `role '${role.name}', across its hosts: ${messageOf(error)}` }] }
    }
  })
  return {
    problems: verdicts.flatMap(({ problems = [] }) => problems),
    simultaneous: new Set(verdicts.flatMap(({ simultaneous = [] }) => simultaneous)),
  }
}
