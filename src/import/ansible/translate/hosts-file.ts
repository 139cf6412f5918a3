import type { AnsibleInventory } from '../inventory/model.ts'
import type { GroupHere } from './group-names.ts'
import type { Connection } from './login.ts'

/** Data of a file, as it is written. */
export interface FileData {
  readonly [key: string]: unknown
}

export interface HostHere {
  /** As Ansible calls it. */
  readonly of: string
  readonly name: string
  readonly tier: string
  readonly address: string
  readonly connection: Connection
}

/** hosts.yml: what all hosts of the inventory, or of a tier, have alike stands once. */
export function hostsFile(
  tiers: readonly string[],
  hosts: readonly HostHere[],
  inventory: AnsibleInventory,
  groups: ReadonlyMap<string, GroupHere>,
): FileData {
  const shared = common(hosts.map(({ connection }) => connection))
  const inTiers = tiers.map((tier): [string, unknown] => {
    const members = hosts.filter((host) => host.tier === tier)
    const own = without(common(members.map(({ connection }) => connection)), shared)
    const entries = members.map(({ name, address, connection }): [string, unknown] => {
      const narrow = without(without(connection, shared), own)
      // What is said for all and not for this host can't be unsaid, so only what every host has is shared.
      return [name, { address, ...(isEmpty(narrow) ? {} : { connection: narrow }) }]
    })
    return [tier, { ...(isEmpty(own) ? {} : { connection: own }), hosts: Object.fromEntries(entries) }]
  })
  const grouped = groupEntries(hosts, inventory, groups)
  return {
    ...(isEmpty(shared) ? {} : { connection: shared }),
    tiers: Object.fromEntries(inTiers),
    ...(grouped.length > 0 ? { groups: Object.fromEntries(grouped) } : {}),
  }
}

function groupEntries(
  hosts: readonly HostHere[],
  inventory: AnsibleInventory,
  groups: ReadonlyMap<string, GroupHere>,
): [string, unknown][] {
  return [...groups].flatMap(([group, { name, isTier }]): [string, unknown][] => {
    if (isTier) return []
    const direct = hosts.filter(({ of }) => inventory.hosts.get(of)?.groups.includes(group)).map((host) => host.name)
    const inner = (inventory.groups.get(group)?.children ?? []).flatMap((child) => groups.get(child)?.name ?? [])
    return [[name, { ...(direct.length > 0 ? { hosts: direct } : {}), ...(inner.length > 0 ? { groups: inner } : {}) }]]
  })
}

type Fields = Readonly<Record<string, unknown>>

const isEmpty = (fields: Fields): boolean => Object.keys(fields).length === 0

const set = (connection: Connection): [string, unknown][] =>
  Object.entries(connection).filter(([, value]) => value !== undefined)

/** Fields with one value in all of them. */
function common(connections: readonly Connection[]): Fields {
  const [first, ...others] = connections.map((one) => new Map(set(one)))
  return Object.fromEntries([...(first ?? [])].filter(([key, value]) => others.every((one) => one.get(key) === value)))
}

const without = (fields: object, shared: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([key, value]) => value !== undefined && shared[key] !== value))
