import { relative } from 'node:path'
import type { Origin, Problem } from '../errors.ts'
import type { Host, Inventory } from '../inventory/inventory.ts'
import { originAt } from '../inventory/origins.ts'
import { isForAnsible, isForeign } from '../inventory/sources/foreign.ts'
import { nameHint } from '../problems/nearest.ts'
import { step } from '../problems/pointer.ts'
import { words } from '../shell/quote.ts'
import type { Role } from './role.ts'
import type { RoleVarsReader } from './role-vars.ts'

/** Everything wrong with the vars of all hosts, each thing once, however many hosts share it. */
export function checkVars(
  inventory: Inventory,
  roles: ReadonlyMap<string, Role>,
  rolesOf: (tier: string) => readonly Role[],
  reader: RoleVarsReader,
): Problem[] {
  const domains = inventory.tiers.flatMap(({ rollout: { failureDomain } }) =>
    typeof failureDomain === 'string' ? [failureDomain] : [],
  )
  const known = [...new Set([...[...roles.values()].flatMap((role) => Object.keys(role.vars)), ...domains])]
  // With a role missing, its vars would all be reported as unknown.
  const complete = inventory.tiers.every((tier) => tier.roles.every((name) => roles.has(name)))
  const schemas = [...roles.values()].flatMap((role) => reader.schemaProblem(role) ?? [])
  const missing = new Map<string, Missing>()
  const wrong = inventory.hosts.flatMap((host) => {
    const found = rolesOf(host.tier).flatMap((role) => {
      const read = reader.read(role, host)
      for (const name of read.missing) note(missing, role, name, host)
      return read.problems
    })
    return [...(complete ? unknownVars(host, known, [...roles.keys()]) : []), ...templates(host, known), ...found]
  })
  return once([...schemas, ...wrong, ...[...missing.values()].map((one) => missingVar(one, inventory))])
}

interface Missing {
  readonly role: Role
  readonly name: string
  readonly hosts: Host[]
}

const note = (all: Map<string, Missing>, role: Role, name: string, host: Host): void => {
  const key = `${role.name} ${name}`
  const one = all.get(key) ?? { role, name, hosts: [] }
  one.hosts.push(host)
  all.set(key, one)
}

function missingVar({ role, name, hosts }: Missing, inventory: Inventory): Problem {
  const { dir, tiers } = inventory
  const description = role.vars[name]?.description.replace(/\.$/, '') ?? ''
  const names = hosts.map((host) => host.name)
  const shown = names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')
  const folder = relative(`${dir}/../..`, dir)
  const place = commonFile(hosts)
  const single = names.length === 1 ? ` or ${folder}/host_vars/${names[0]}.yml` : ''
  return {
    message: `'${name}' (${description}) is not set for ${shown}; role '${role.name}' needs it`,
    origin: tiers.find((one) => one.name === hosts[0]?.tier)?.origin,
    hint:
      role.vars[name]?.secret === true
        ? `set it: ${words(['provision', 'secrets', 'set', '-i', inventory.name, place, name])}`
        : `set it in ${folder}/${place}.yml${single}`,
  }
}

/** The narrowest of the files of vars that are for all of these hosts. */
function commonFile(hosts: readonly Host[]): string {
  const [first, ...others] = new Set(hosts.map(({ tier }) => tier))
  return others.length > 0 ? 'group_vars/all' : `group_vars/${first}`
}

/**
 * Vars that no role has. An inventory that was made for something else says much that is of no concern here: of it only what
 * has the name of a role in front.
 */
const unknownVars = (host: Host, known: readonly string[], roles: readonly string[]): Problem[] =>
  Object.keys(host.vars)
    .filter((name) => !known.includes(name))
    .filter((name) => !isForeign(host.origins.get(step(name))) || hasNameOf(roles, name))
    .map((name) => ({
      message: `unknown var '${name}': no role of the site has it`,
      origin: originAt(host.origins, step(name)),
      path: name,
      hint: nameHint(name, known),
    }))

/** Whether a var has the name of one of these roles in front. */
export const hasNameOf = (roles: readonly string[], name: string): boolean =>
  roles.some((role) => name.startsWith(`${role}_`))

const templates = (host: Host, known: readonly string[]): Problem[] =>
  Object.entries(host.vars).flatMap(([name, value]) => {
    const origin = originAt(host.origins, step(name))
    return known.includes(name) && isForeign(origin) && isForAnsible(value) ? [templateProblem(name, origin)] : []
  })

export const templateProblem = (name: string, origin: Origin | undefined): Problem => ({
  message: `'${name}' has a template or a vault of Ansible's in it, which is not read here`,
  origin,
  hint: `write its value into group_vars or host_vars; a secret: provision secrets set`,
})

const once = (problems: readonly Problem[]): Problem[] => {
  const keyOf = ({ message, path, origin }: Problem) => JSON.stringify([message, path, origin])
  return [...new Map(problems.map((problem) => [keyOf(problem), problem])).values()]
}
