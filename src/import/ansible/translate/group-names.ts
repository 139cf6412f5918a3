import type { Finding } from '../finding.ts'
import type { Membership } from '../inventory/groups.ts'
import type { AnsibleInventory } from '../inventory/model.ts'
import { validNames } from './names.ts'

/** What a group of Ansible's is here: a group, or a whole tier. */
export interface GroupHere {
  readonly name: string
  readonly isTier: boolean
}

/**
 * Groups that have hosts among those imported, and those that have none in Ansible either: they are declared for hosts to come. One with the name of a tier and the same hosts is that tier; a name that a tier
 * or a host has already is changed, since `--limit` could not tell them apart.
 */
export function groupsHere(
  inventory: AnsibleInventory,
  members: Membership,
  tierOf: ReadonlyMap<string, string>,
  hostNames: ReadonlyMap<string, string>,
): { readonly groups: ReadonlyMap<string, GroupHere>; readonly findings: readonly Finding[] } {
  const tiers = new Set(tierOf.values())
  const imported = (group: string) => members.hostsOf(group).filter((host) => tierOf.has(host))
  const isKept = (group: string) =>
    imported(group).length > 0 || (group !== 'ungrouped' && members.hostsOf(group).length === 0)
  const used = [...inventory.groups.keys()].filter((group) => group !== 'all' && isKept(group))
  const names = validNames(used)
  const taken = new Set([...tiers, ...[...tierOf.keys()].map((host) => hostNames.get(host) ?? host)])
  const findings: Finding[] = []
  const groups = new Map<string, GroupHere>()
  for (const group of used) {
    const valid = names.get(group) ?? group
    const isTier = tiers.has(valid) && isWhole(imported(group), valid, tierOf)
    const name = isTier || !taken.has(valid) ? valid : free(`${valid}-group`, new Set([...taken, ...names.values()]))
    groups.set(group, { name, isTier })
    if (name === group) continue
    const at = inventory.groups.get(group)?.at
    const note =
      valid === group
        ? `'${group}' is the name of a tier or a host: the group is '${name}' here`
        : `the group is '${name}' here`
    findings.push({ kind: 'attention', at, subject: `group ${group}`, note })
  }
  return { groups, findings }
}

const isWhole = (hosts: readonly string[], tier: string, tierOf: ReadonlyMap<string, string>): boolean =>
  hosts.every((host) => tierOf.get(host) === tier) &&
  hosts.length === [...tierOf.values()].filter((one) => one === tier).length

function free(name: string, taken: ReadonlySet<string>): string {
  let made = name
  for (let i = 2; taken.has(made); i += 1) made = `${name}-${i}`
  return made
}
