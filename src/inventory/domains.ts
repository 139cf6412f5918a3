import type { Problem } from '../errors.ts'
import type { Host, Tier } from './inventory.ts'
import { matcherOf } from './patterns.ts'

/** Name of a var of the hosts, or names and globs of groups. */
export type FailureDomain = string | readonly string[]

/** The failure domain that a host says it is in; undefined: in none, or in several. */
export function domainOf(host: Host, domain: FailureDomain): string | undefined {
  if (typeof domain !== 'string') {
    const [found, ...others] = groupsAmong(host, domain)
    return others.length > 0 ? undefined : found
  }
  const value = host.vars[domain]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

const groupsAmong = ({ groups }: Host, patterns: readonly string[]): readonly string[] =>
  groups.filter((group) => patterns.some((pattern) => matcherOf(pattern)(group)))

/** Hosts of a tier with a failure domain that don't say in which one they are. */
export function domainProblems(tiers: readonly Tier[], hosts: readonly Host[]): Problem[] {
  return tiers.flatMap(({ name: tier, rollout: { failureDomain } }) =>
    hosts.flatMap((host) => {
      if (failureDomain === undefined || host.tier !== tier || domainOf(host, failureDomain) !== undefined) return []
      return [
        {
          origin: host.origin,
          ...(typeof failureDomain === 'string'
            ? withoutVar(host, failureDomain)
            : withoutGroup(host, failureDomain, groupsAmong(host, failureDomain))),
        },
      ]
    }),
  )
}

const withoutVar = ({ name, tier }: Host, domain: string) => ({
  message: `host '${name}' lacks '${domain}', the failure_domain of tier '${tier}'`,
  path: `tiers.${tier}.hosts.${name}.vars`,
  hint: `set it in the host's vars: a word or a number`,
})

const withoutGroup = ({ name, tier }: Host, patterns: readonly string[], found: readonly string[]) => ({
  message:
    found.length === 0
      ? `host '${name}' is in no group of [${patterns.join(', ')}], the failure_domain of tier '${tier}'`
      : `host '${name}' is in ${found.map((group) => `'${group}'`).join(' and ')}, and a host is in one failure_domain of tier '${tier}'`,
  path: `tiers.${tier}.hosts.${name}.groups`,
  hint: found.length === 0 ? `put it into one: groups: [${patterns[0] ?? ''}]` : 'leave it in one of these groups',
})
