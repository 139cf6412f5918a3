import { completeVars } from '../catalog/groups.ts'
import type { Role } from '../catalog/role.ts'
import { roleVarsReader } from '../catalog/role-vars.ts'
import type { Origin } from '../errors.ts'
import type { Host, Inventory } from '../inventory/inventory.ts'
import { type VarSource, varSources } from './var-sources.ts'

/** What an inventory says, as data: what `--json` prints and the other forms are made of. Secrets are masks. */
export interface InventoryView {
  readonly inventory: string
  /** In the order in which a run changes them. */
  readonly tiers: readonly TierView[]
  /** Of which some host is shown; outer ones before those in them. */
  readonly groups: readonly GroupView[]
  readonly hosts: readonly HostView[]
}

export interface TierView {
  readonly name: string
  readonly roles: readonly string[]
  /** Names. */
  readonly hosts: readonly string[]
  readonly origin: Origin
}

export interface GroupView {
  readonly name: string
  /** Groups and tiers in it, as it was written. */
  readonly children: readonly string[]
  /** Names of all in it, also by its children. */
  readonly hosts: readonly string[]
  readonly origin: Origin
}

export interface HostView {
  readonly name: string
  readonly tier: string
  /** Outer ones before those in them. */
  readonly groups: readonly string[]
  readonly address: string
  readonly connection: Omit<Host['connection'], 'becomePassword'>
  readonly origin: Origin
  /** Complete: what is set, and the defaults of its roles. */
  readonly vars: Readonly<Record<string, unknown>>
  /** Where each of them was set. */
  readonly sources: readonly VarSource[]
}

/**
 * @param roles those that the tiers name
 * @param hosts the ones to be shown; tiers of which none is are left out
 */
export function inventoryView(
  inventory: Inventory,
  roles: ReadonlyMap<string, Role>,
  hosts: readonly Host[],
): InventoryView {
  const reader = roleVarsReader()
  const viewOf = (host: Host): HostView => {
    const { becomePassword: _, ...connection } = host.connection
    const own = inventory.tiers.find(({ name }) => name === host.tier)?.roles.flatMap((name) => roles.get(name) ?? [])
    const vars = completeVars(host, inventory, roles, reader)
    const { name, tier, groups, address, origin } = host
    return { name, tier, groups, address, connection, origin, vars, sources: varSources(host, vars, own ?? []) }
  }
  const tiers = inventory.tiers.flatMap(({ name, roles, origin }): TierView[] => {
    const members = hosts.filter(({ tier }) => tier === name).map((host) => host.name)
    return members.length === 0 ? [] : [{ name, roles, hosts: members, origin }]
  })
  const shown = new Set(hosts.map(({ name }) => name))
  const groups = inventory.groups.flatMap((group): GroupView[] => {
    const members = group.hosts.filter((name) => shown.has(name))
    return members.length === 0 ? [] : [{ ...group, hosts: members }]
  })
  return { inventory: inventory.name, tiers, groups, hosts: hosts.map(viewOf) }
}
