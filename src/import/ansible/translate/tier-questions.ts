import { membership } from '../inventory/groups.ts'
import type { AnsibleInventory } from '../inventory/model.ts'
import { validNames } from './names.ts'
import { shown } from './tiers.ts'

/** A group of which hosts are in no tier yet. */
export interface TierQuestion {
  readonly group: string
  readonly hosts: readonly string[]
  /** Names of the hosts, as far as they fit a line. */
  readonly shown: string
  /** A tier that it might be. */
  readonly guess: string
}

/**
 * The next group to ask about: of those that name hosts themselves, the first that sounds like a tier of the site, else the
 * first of the inventory, where groups by purpose mostly stand before those by place. Undefined: every host has a tier, was
 * asked about, or is in no group.
 * @param done hosts that have a tier
 * @param seen groups that were asked about
 */
export function nextTierQuestion(
  inventory: AnsibleInventory,
  done: ReadonlySet<string>,
  seen: ReadonlySet<string>,
  known: readonly string[],
): TierQuestion | undefined {
  const members = membership(inventory)
  const open = [...inventory.groups.keys()].flatMap((group) => {
    const hosts = members.hostsOf(group).filter((host) => !done.has(host))
    const isDirect = hosts.some((host) => inventory.hosts.get(host)?.groups.includes(group))
    return group === 'all' || seen.has(group) || !isDirect ? [] : [{ group, hosts }]
  })
  const withHosts = open.filter(({ hosts }) => hosts.length > 0)
  const next = withHosts.find(({ group }) => known.includes(guessOf(group, known))) ?? withHosts[0]
  return next && { ...next, shown: shown(next.hosts), guess: guessOf(next.group, known) }
}

/** A tier of the site that the name begins with (webservers: web), or the name itself. */
function guessOf(group: string, known: readonly string[]): string {
  const like = known.filter((tier) => group.toLowerCase().startsWith(tier)).sort((a, b) => b.length - a.length)
  return like[0] ?? validNames([group]).get(group) ?? group
}
