import type { Origin } from '../errors.ts'
import type { HostView, InventoryView } from './inventory-view.ts'

/** Raised when a reader would have to change; new fields don't raise it. */
const VERSION = 1

/** The view as programs read it; docs/commands.md has its shape. Secrets serialise as their mask. */
export const inventoryJson = ({ inventory, tiers, groups, hosts }: InventoryView): object => ({
  format: 'provision-inventory',
  version: VERSION,
  inventory,
  tiers: tiers.map(({ name, roles, hosts: members, origin }) => ({ name, roles, hosts: members, ...place(origin) })),
  groups: groups.map(({ name, children, hosts: members, origin }) => ({
    name,
    children,
    hosts: members,
    ...place(origin),
  })),
  hosts: hosts.map(hostJson),
})

const hostJson = ({ name, tier, groups, address, connection, vars, sources, origin }: HostView): object => ({
  name,
  tier,
  groups,
  address,
  ...place(origin),
  connection,
  vars,
  sources: sources.map(({ path, pointer, level, of, origin: set }) => ({ path, pointer, level, of, ...place(set) })),
})

const place = (origin: Origin | undefined) => (origin === undefined ? {} : { file: origin.file, line: origin.line })
