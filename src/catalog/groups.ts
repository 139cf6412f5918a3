import { ProvisionError } from '../errors.ts'
import type { Host, Inventory } from '../inventory/inventory.ts'
import { withoutNulls } from '../inventory/vars.ts'
import { nameHint } from '../problems/nearest.ts'
import type { Peer, Role } from './role.ts'
import type { RoleVarsReader } from './role-vars.ts'

export interface Groups {
  /** @throws ProvisionError when there is no such tier. */
  group(name: string): readonly Peer[]
}

/** The hosts of an inventory as roles see each other's: vars complete and tainted, worked out when first asked for. */
export function groupsOf(inventory: Inventory, roles: ReadonlyMap<string, Role>, reader: RoleVarsReader): Groups {
  const peers = inventory.hosts.map((host) => peerOf(host, () => completeVars(host, inventory, roles, reader)))
  const byTier = new Map(
    inventory.tiers.map((tier) => [tier.name, peers.filter((peer) => peer.tier === tier.name)] as const),
  )
  const names = [...byTier.keys(), 'all']
  return {
    group(name) {
      const found = name === 'all' ? peers : byTier.get(name)
      if (found !== undefined) return found
      throw new ProvisionError(`group('${name}'): there is no such tier`, {
        code: 'input',
        hint: nameHint(name, names),
      })
    },
  }
}

function peerOf(host: Host, read: () => Peer['vars']): Peer {
  let vars: Peer['vars'] | undefined
  return {
    name: host.name,
    tier: host.tier,
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
