import type { Problem } from '../errors.ts'
import { dotted, step } from '../problems/pointer.ts'
import type { Value } from './inventory.ts'
import { originAt } from './origins.ts'
import { isMapping } from './vars.ts'
import type { YamlFile } from './yaml.ts'

const INSTEAD =
  'what a host has several of is a list or a mapping in one var of the role (nginx_sites, haproxy_backends); docs/roles.md says how a role of your own does it'

/**
 * Entries of a tier's `roles` that are more than a name, as Ansible has them, and names that are there twice: told with how
 * it is done here. The site is given back with the names alone, so that the rest of it can be checked.
 */
export function plainRoles(site: YamlFile): { readonly site: YamlFile; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const tell = (pointer: string, message: string, hint: string) =>
    problems.push({ message, origin: originAt(site.origins, pointer), path: dotted(pointer), hint })

  const rolesOf = (roles: readonly Value[], pointer: string): Value[] => {
    const named = new Set<string>()
    return roles.flatMap((entry, i): Value[] => {
      const at = pointer + step(i)
      const role = roleIn(entry)
      if (role === undefined) return [entry]
      if (isMapping(entry)) {
        const again = named.has(role)
        tell(
          at,
          again
            ? `role '${role}' is there twice in the tier`
            : `role '${role}' with settings of its own: a role of a tier is its name`,
          again
            ? INSTEAD
            : `write '${role}', and its vars into vars of the tier or group_vars. To have it twice: ${INSTEAD}`,
        )
      } else if (named.has(role)) tell(at, `role '${role}' is there twice in the tier`, INSTEAD)
      if (named.has(role)) return []
      named.add(role)
      return [role]
    })
  }
  const tiersOf = (tiers: readonly Value[]): Value[] =>
    tiers.map((tier, i) =>
      isMapping(tier) && isList(tier.roles) ? { ...tier, roles: rolesOf(tier.roles, `/tiers/${i}/roles`) } : tier,
    )
  const { value } = site
  if (!isMapping(value) || !isList(value.tiers)) return { site, problems }
  return { site: { ...site, value: { ...value, tiers: tiersOf(value.tiers) } }, problems }
}

const isList = (value: Value | undefined): value is readonly Value[] => Array.isArray(value)

/** The role that an entry means: `app`, `{ role: app, vars: … }`, `{ name: app }`. */
function roleIn(entry: Value): string | undefined {
  if (typeof entry === 'string') return entry
  if (!isMapping(entry)) return undefined
  const role = entry.role ?? entry.name
  return typeof role === 'string' ? role : undefined
}
