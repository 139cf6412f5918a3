import picomatch from 'picomatch'
import type { Problem } from '../../../errors.ts'
import { elementsOf } from '../../../inventory/elements.ts'
import { NAME_PATTERN } from '../../../inventory/schemas/names.ts'
import { nameHint } from '../../../problems/nearest.ts'
import type { Membership } from '../inventory/groups.ts'
import type { AnsibleInventory } from '../inventory/model.ts'

/** Which hosts a tier is made of: groups, hosts and globs over both, `!` before what is left out. */
export interface TierRule {
  readonly tier: string
  readonly elements: readonly string[]
}

export interface Tiers {
  /** By host; who is in none is not there. */
  readonly tierOf: ReadonlyMap<string, string>
  /** In the order in which they were given. */
  readonly names: readonly string[]
  readonly problems: readonly Problem[]
}

/** `--tier web=webservers,api`, as often as there are tiers. */
export function tierRules(words: readonly string[]): {
  readonly rules: readonly TierRule[]
  readonly problems: readonly Problem[]
} {
  const read = words.map((word): TierRule | Problem => {
    const [, tier = '', groups = ''] = /^([^=]*)=(.*)$/s.exec(word) ?? []
    const hint = 'a tier is given as --tier web=webservers, or web=webservers,api'
    if (!new RegExp(NAME_PATTERN).test(tier))
      return { message: `--tier ${word}: '${tier}' is no name for a tier`, hint }
    if (tier === 'all') return { message: "no tier is called 'all', which means every host", hint }
    const elements = elementsOf(groups)
    return elements.length > 0 ? { tier, elements } : { message: `--tier ${word} names no group`, hint }
  })
  return {
    rules: read.flatMap((one) => ('tier' in one ? [one] : [])),
    problems: read.flatMap((one) => ('message' in one ? [one] : [])),
  }
}

/** Puts hosts into tiers. A host that two tiers claim is a problem. */
export function assignTiers(rules: readonly TierRule[], inventory: AnsibleInventory, members: Membership): Tiers {
  const names = [...new Set(rules.map(({ tier }) => tier))]
  const known = [...inventory.groups.keys(), ...inventory.hosts.keys()]
  const unmatched: Problem[] = []
  const hostsOf = (element: string): readonly string[] => {
    const matches = picomatch(element, { dot: true, nobrace: true, noextglob: true })
    const groups = [...inventory.groups.keys()].filter((name) => matches(name))
    const hosts = [...inventory.hosts.keys()].filter((name) => matches(name))
    if (groups.length + hosts.length === 0) {
      unmatched.push({ message: `--tier: there is no group or host '${element}'`, hint: nameHint(element, known) })
    }
    return [...groups.flatMap((group) => members.hostsOf(group)), ...hosts]
  }
  const claims = new Map<string, Set<string>>()
  for (const tier of names) {
    const elements = rules.filter((rule) => rule.tier === tier).flatMap((rule) => rule.elements)
    const out = new Set(elements.filter((one) => one.startsWith('!')).flatMap((one) => hostsOf(one.slice(1))))
    const wanted = elements.filter((one) => !one.startsWith('!')).flatMap(hostsOf)
    for (const host of wanted) if (!out.has(host)) claims.set(host, new Set([...(claims.get(host) ?? []), tier]))
  }
  return {
    names,
    tierOf: new Map([...claims].flatMap(([host, [tier]]) => (tier === undefined ? [] : [[host, tier] as const]))),
    problems: [...unmatched, ...twice(claims), ...namedAsHosts(names, claims)],
  }
}

/** One problem for all hosts that the same tiers claim. */
function twice(claims: ReadonlyMap<string, ReadonlySet<string>>): Problem[] {
  const groups = new Map<string, string[]>()
  for (const [host, tiers] of claims) {
    const key = [...tiers].join(' and ')
    if (tiers.size < 2) continue
    const known = groups.get(key)
    if (known) known.push(host)
    else groups.set(key, [host])
  }
  return [...groups].map(([tiers, hosts]) => ({
    message: `${shown(hosts)} would be in the tiers ${tiers}: a host is in one tier, and in any number of groups`,
    hint: `leave ${hosts.length === 1 ? 'it' : 'them'} out of one: --tier 'TIER=GROUP,!${hosts[0] ?? 'HOST'}'; or make one tier of both`,
  }))
}

/** `--limit` could not tell the two apart. */
const namedAsHosts = (tiers: readonly string[], claims: ReadonlyMap<string, unknown>): Problem[] =>
  tiers
    .filter((tier) => claims.has(tier))
    .map((tier) => ({
      message: `--tier ${tier}=…: a host has that name`,
      hint: `call the tier otherwise: --tier ${tier}s=…`,
    }))

/** Names of hosts, as far as they fit a line. */
export const shown = (hosts: readonly string[]): string =>
  hosts.length > 6 ? `${hosts.slice(0, 5).join(', ')} and ${hosts.length - 5} more` : hosts.join(', ')
