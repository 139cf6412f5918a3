import { hasNameOf, templateProblem } from '../catalog/check-vars.ts'
import { findRoles, loadRoles } from '../catalog/load-roles.ts'
import { InputError, type Problem } from '../errors.ts'
import type { Value, Vars } from '../inventory/inventory.ts'
import { originAt } from '../inventory/origins.ts'
import { isForAnsible, isForeign } from '../inventory/sources/foreign.ts'
import { isMapping } from '../inventory/vars.ts'
import { step } from '../problems/pointer.ts'
import type { RealInventory } from './real-hosts.ts'

/**
 * What a source says of hosts, to be written into a hosts.yml. One that was made for Ansible has vars that no role here asks
 * for: they are passed over where it is read, and would be errors in a file of our own.
 * @param root absolute path of the project: its roles say which vars there are
 * @throws InputError when a role can't be loaded, or a var of one has something that only Ansible understands
 */
export async function withoutStrangeVars({ written, tiers }: RealInventory, root: string): Promise<Value> {
  const { value, origins } = written
  if (!isMapping(value) || !isForeign(origins.get(''))) return value
  const names = tiers.flatMap((tier) => tier.roles)
  const { roles, problems } = await loadRoles(root, await findRoles(root), names)
  if (problems.length > 0) throw new InputError(problems)
  const known = new Set([
    ...[...roles.values()].flatMap((role) => Object.keys(role.vars)),
    ...tiers.flatMap(({ failureDomain }) => failureDomain ?? []),
  ])
  const templates: Problem[] = []
  const isKept = (name: string, set: Value, pointer: string): boolean => {
    if (!known.has(name)) return hasNameOf(names, name)
    if (isForAnsible(set)) templates.push(templateProblem(name, originAt(origins, pointer)))
    return true
  }
  const level = (one: Value | undefined, pointer: string): Vars => {
    if (!isMapping(one)) return {}
    if (!isMapping(one.vars)) return one
    const vars = Object.entries(one.vars).filter(([name, set]) => isKept(name, set, `${pointer}/vars${step(name)}`))
    return { ...one, vars: Object.fromEntries(vars) }
  }
  const each = (all: Value | undefined, pointer: string, make = level): Vars =>
    Object.fromEntries(
      Object.entries(isMapping(all) ? all : {}).map(([name, one]) => [name, make(one, pointer + step(name))]),
    )
  const tier = (one: Value | undefined, pointer: string): Vars => {
    const body = level(one, pointer)
    return { ...body, hosts: each(body.hosts, `${pointer}/hosts`) }
  }
  const groups = value.groups === undefined ? {} : { groups: each(value.groups, '/groups') }
  const kept = { ...level(value, ''), ...groups, tiers: each(value.tiers, '/tiers', tier) }
  if (templates.length > 0) throw new InputError(templates)
  return kept
}
