import { ProvisionError } from '../errors.ts'
import type { Host, Inventory } from '../inventory/inventory.ts'
import { withoutNulls } from '../inventory/vars.ts'
import { nameHint } from '../problems/nearest.ts'
import type { Peer, Role } from './role.ts'
import type { RoleVarsReader } from './role-vars.ts'
import { sharedByVars } from './shared-vars.ts'

export interface Groups {
  /** @throws ProvisionError when there is no such tier or group. */
  group(name: string): readonly Peer[]
}

/** The hosts of an inventory as roles see each other's: vars complete and tainted, worked out when first asked for. */
export function groupsOf(inventory: Inventory, roles: ReadonlyMap<string, Role>, reader: RoleVarsReader): Groups {
  const ofTier = new Map(inventory.tiers.map(({ name }) => [name, sharedByVars<Peer['vars']>()]))
  const varsOf = (host: Host): Peer['vars'] => {
    const read = () => Object.freeze(completeVars(host, inventory, roles, reader))
    return ofTier.get(host.tier)?.(host, read) ?? read()
  }
  const peers = inventory.hosts.map((host) => peerOf(host, () => varsOf(host)))
  const byName = new Map([
    ...inventory.groups.map(({ name }) => [name, peers.filter(({ groups }) => groups.includes(name))] as const),
    ...inventory.tiers.map(({ name }) => [name, peers.filter(({ tier }) => tier === name)] as const),
    ['all', peers] as const,
  ])
  return {
    group(name) {
      const found = byName.get(name)
      if (found !== undefined) return found
      throw new ProvisionError(`group('${name}'): there is no such tier or group`, {
        code: 'input',
        hint: nameHint(name, [...byName.keys()]),
      })
    },
  }
}

function peerOf(host: Host, read: () => Peer['vars']): Peer {
  let vars: Peer['vars'] | undefined
  return {
    name: host.name,
    tier: host.tier,
    groups: host.groups,
    address: host.address,
    get vars() {
      vars ??= read()
      return vars
    },
  }
}

/** Everything set for a host, with the defaults of its own roles; what any role's schema calls secret is tainted. */
export function completeVars(
  host: Host,
  inventory: Inventory,
  roles: ReadonlyMap<string, Role>,
  reader: RoleVarsReader,
): Peer['vars'] {
  const own = new Set(inventory.tiers.find((tier) => tier.name === host.tier)?.roles)
  const others = [...roles.values()].filter((role) => !own.has(role.name))
  const mine = [...roles.values()].filter((role) => own.has(role.name))
  return Object.assign(
    {},
    withoutNulls(host.vars),
    ...others.map((role) => reader.read(role, host, { defaults: false }).vars),
    ...mine.map((role) => reader.read(role, host).vars),
  )
}
