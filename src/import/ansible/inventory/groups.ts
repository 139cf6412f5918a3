import type { AnsibleInventory } from './model.ts'

/** Who is in which group, through groups in groups. */
export interface Membership {
  /** Groups of a host, the ones that count least first: `all`, and at the end maybe `ungrouped`, where it is in no other. */
  groupsOf(host: string): readonly string[]
  /** Hosts of a group, its groups' included, in the order of the inventory. */
  hostsOf(group: string): readonly string[]
  /** Whether a group is another, or inside it. */
  isInside(inner: string, outer: string): boolean
}

const IMPLICIT = new Set(['all', 'ungrouped'])

export function membership({ hosts, groups }: AnsibleInventory): Membership {
  const parents = new Map<string, Set<string>>()
  for (const { name, children } of groups.values()) {
    for (const child of children) parents.set(child, new Set([...(parents.get(child) ?? []), name]))
  }
  const above = new Map<string, ReadonlySet<string>>()
  const ancestors = (group: string, below: readonly string[] = []): ReadonlySet<string> => {
    const known = above.get(group)
    if (known !== undefined) return known
    // A loop of groups, which Ansible refuses: it ends here.
    const direct = [...(parents.get(group) ?? [])].filter((one) => one !== group && !below.includes(one))
    const found = new Set([...direct, ...direct.flatMap((one) => [...ancestors(one, [...below, group])])])
    above.set(group, found)
    return found
  }
  const depths = new Map<string, number>()
  const depthOf = (group: string): number => {
    const known = depths.get(group)
    if (known !== undefined) return known
    depths.set(group, 1)
    const found = group === 'all' ? 0 : 1 + Math.max(0, ...[...(parents.get(group) ?? [])].map(depthOf))
    depths.set(group, found)
    return found
  }
  const priorityOf = (group: string): number => {
    const value = groups.get(group)?.vars.get('ansible_group_priority')?.value
    const number = Number(value ?? 1)
    return Number.isInteger(number) ? number : 1
  }
  const rank = (a: string, b: string): number =>
    depthOf(a) - depthOf(b) || priorityOf(a) - priorityOf(b) || compare(a, b)

  const ofHost = new Map<string, readonly string[]>()
  const ofGroup = new Map<string, string[]>([['all', [...hosts.keys()]]])
  for (const host of hosts.values()) {
    const all = new Set(
      host.groups.flatMap((group) => [group, ...ancestors(group)]).filter((one) => !IMPLICIT.has(one)),
    )
    if (all.size === 0) all.add('ungrouped')
    ofHost.set(host.name, ['all', ...[...all].sort(rank)])
    for (const group of all) {
      const known = ofGroup.get(group)
      if (known) known.push(host.name)
      else ofGroup.set(group, [host.name])
    }
  }
  return {
    groupsOf: (host) => ofHost.get(host) ?? ['all'],
    hostsOf: (group) => ofGroup.get(group) ?? [],
    isInside: (inner, outer) => inner === outer || outer === 'all' || ancestors(inner).has(outer),
  }
}

/** By code points, as Python sorts. */
export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
