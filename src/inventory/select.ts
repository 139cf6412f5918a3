import { InputError, type Problem } from '../errors.ts'
import { nameHint } from '../problems/nearest.ts'
import { elementsOf } from './elements.ts'
import type { Host, Inventory } from './inventory.ts'
import { matcherOf } from './patterns.ts'

/**
 * Hosts that `--limit` means: names of hosts, tiers and groups, `all`, globs over them; `&` before what they must be in
 * besides, `!` before what is left out; separated by commas, and the option may be repeated. Without a name that is neither,
 * all hosts are meant.
 * @returns in the inventory's order; all of them without a limit.
 * @throws InputError when an element matches nothing, or no host is left.
 */
export function selectHosts(inventory: Inventory, limits: readonly string[]): readonly Host[] {
  const elements = limits.flatMap(elementsOf)
  if (elements.length === 0) return inventory.hosts
  const parts = elements.map((element) => {
    const sign = /^[!&]/.exec(element)?.[0]
    const pattern = sign === undefined ? element : element.slice(1)
    return { sign, pattern, ...matching(inventory, pattern) }
  })
  const problems = parts
    .filter(({ isKnown }) => !isKnown)
    .map(({ pattern }) => unmatched('--limit', pattern, namesIn(inventory)))
  if (problems.length > 0) throw new InputError(problems)
  const signed = (sign: string | undefined) => parts.filter((part) => part.sign === sign)
  const [wanted, needed, unwanted] = [signed(undefined), signed('&'), signed('!')]
  const hosts = inventory.hosts.filter(
    (host) =>
      (wanted.length === 0 || wanted.some((part) => part.hosts.has(host))) &&
      needed.every((part) => part.hosts.has(host)) &&
      !unwanted.some((part) => part.hosts.has(host)),
  )
  if (hosts.length === 0) {
    const empty = parts.filter((part) => part.sign !== '!' && part.hosts.size === 0).map(({ pattern }) => pattern)
    const hint = empty.length === 0 ? undefined : `no host is in ${empty.map((name) => `'${name}'`).join(', ')}`
    throw new InputError([{ message: `--limit ${limits.join(',')} leaves no host`, hint }])
  }
  return hosts
}

const namesIn = ({ tiers, groups, hosts }: Inventory): string[] =>
  [...tiers, ...groups, ...hosts].map(({ name }) => name)

/**
 * Of these hosts, those of the tiers that `--tier` names.
 * @returns all of them without one.
 * @throws InputError for a name that no tier has, or when no host is left.
 */
export function selectTiers(inventory: Inventory, hosts: readonly Host[], names: readonly string[]): readonly Host[] {
  if (names.length === 0) return hosts
  const known = inventory.tiers.map(({ name }) => name)
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw new InputError(
      unknown.map((name) => ({ message: `--tier: there is no tier '${name}'`, hint: nameHint(name, known) })),
    )
  }
  const left = hosts.filter(({ tier }) => names.includes(tier))
  if (left.length === 0) throw new InputError([{ message: `--tier ${names.join(',')} leaves no host` }])
  return left
}

/**
 * Roles that `--tags` means, without those of `--skip-tags`: names or globs, separated by commas.
 * @returns undefined when there is no such option: all roles.
 * @throws InputError when an element matches none of the site's roles.
 */
export function selectRoles(
  inventory: Inventory,
  tags: readonly string[],
  skipTags: readonly string[] = [],
): ReadonlySet<string> | undefined {
  if (tags.length === 0 && skipTags.length === 0) return undefined
  const names = [...new Set(inventory.tiers.flatMap((tier) => tier.roles))]
  const skipped = new Set(rolesNamed('--skip-tags', skipTags, names))
  const left = (tags.length === 0 ? names : rolesNamed('--tags', tags, names)).filter((name) => !skipped.has(name))
  if (left.length === 0) throw new InputError([{ message: `--skip-tags ${skipTags.join(',')} leaves no role` }])
  return new Set(left)
}

/** @throws InputError when an element matches none of them */
function rolesNamed(option: string, given: readonly string[], names: readonly string[]): string[] {
  const elements = given.flatMap(elementsOf)
  const found = elements.map((element) => {
    const matches = matcherOf(element)
    return { element, roles: names.filter((name) => matches(name)) }
  })
  const problems = found
    .filter(({ roles }) => roles.length === 0)
    .map(({ element }) => unmatched(option, element, names))
  if (problems.length > 0) throw new InputError(problems)
  return found.flatMap(({ roles }) => roles)
}

/** Known: something is called so, though maybe no host is in it. */
function matching(inventory: Inventory, pattern: string): { isKnown: boolean; hosts: ReadonlySet<Host> } {
  if (pattern === 'all') return { isKnown: true, hosts: new Set(inventory.hosts) }
  if (pattern === '') return { isKnown: false, hosts: new Set() }
  const matches = matcherOf(pattern)
  const groups = inventory.groups.filter(({ name }) => matches(name))
  const inGroups = new Set(groups.flatMap(({ hosts }) => hosts))
  const hosts = inventory.hosts.filter(({ name, tier }) => matches(name) || matches(tier) || inGroups.has(name))
  return { isKnown: hosts.length > 0 || groups.length > 0, hosts: new Set(hosts) }
}

function unmatched(option: string, pattern: string, names: readonly string[]): Problem {
  const parts = pattern.split(':')
  const isAnsible = parts.length > 1 && !pattern.includes('[')
  return {
    message: `${option}: nothing is named '${pattern}'`,
    hint: isAnsible ? `elements are separated by commas: ${parts.join(',')}` : nameHint(pattern, names),
  }
}
