import picomatch from 'picomatch'
import { InputError, type Problem } from '../errors.ts'
import { nameHint } from '../problems/nearest.ts'
import { elementsOf } from './elements.ts'
import type { Host, Inventory } from './inventory.ts'

/**
 * Hosts that `--limit` means: names of hosts and tiers, `all`, globs over both, `!` before what is left out;
 * separated by commas, and the option may be repeated. Only exclusions: all the others.
 * @returns in the inventory's order; all of them without a limit.
 * @throws InputError when an element matches nothing, or no host is left.
 */
export function selectHosts(inventory: Inventory, limits: readonly string[]): readonly Host[] {
  const elements = limits.flatMap(elementsOf)
  if (elements.length === 0) return inventory.hosts
  const names = [...inventory.tiers.map((tier) => tier.name), ...inventory.hosts.map((host) => host.name)]
  const parts = elements.map((element) => {
    const out = element.startsWith('!')
    const pattern = out ? element.slice(1) : element
    return { out, pattern, hosts: new Set(matching(inventory, pattern)) }
  })
  const problems = parts
    .filter((part) => part.hosts.size === 0)
    .map(({ pattern }) => unmatched('--limit', pattern, names))
  const wanted = parts.filter((part) => !part.out)
  const unwanted = parts.filter((part) => part.out)
  const hosts = inventory.hosts.filter(
    (host) =>
      (wanted.length === 0 || wanted.some((part) => part.hosts.has(host))) &&
      !unwanted.some((part) => part.hosts.has(host)),
  )
  if (problems.length > 0) throw new InputError(problems)
  if (hosts.length === 0) throw new InputError([{ message: `--limit ${limits.join(',')} leaves no host` }])
  return hosts
}

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
 * Roles that `--tags` means: names or globs, separated by commas.
 * @returns undefined when there is no such option: all roles.
 * @throws InputError when an element matches none of the site's roles.
 */
export function selectRoles(inventory: Inventory, tags: readonly string[]): ReadonlySet<string> | undefined {
  const elements = tags.flatMap(elementsOf)
  if (elements.length === 0) return undefined
  const names = [...new Set(inventory.tiers.flatMap((tier) => tier.roles))]
  const found = elements.map((element) => {
    const matches = picomatch(element)
    return { element, roles: names.filter((name) => matches(name)) }
  })
  const problems = found
    .filter(({ roles }) => roles.length === 0)
    .map(({ element }) => unmatched('--tags', element, names))
  if (problems.length > 0) throw new InputError(problems)
  return new Set(found.flatMap(({ roles }) => roles))
}

const matching = (inventory: Inventory, pattern: string): readonly Host[] => {
  if (pattern === 'all') return inventory.hosts
  if (pattern === '') return []
  const matches = picomatch(pattern)
  return inventory.hosts.filter((host) => matches(host.name) || matches(host.tier))
}

const unmatched = (option: string, pattern: string, names: readonly string[]): Problem => ({
  message: `${option}: nothing is named '${pattern}'`,
  hint: nameHint(pattern, names),
})
