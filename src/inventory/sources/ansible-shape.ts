import type { Problem } from '../../errors.ts'
import { step, steps } from '../../problems/pointer.ts'
import type { Value, Vars } from '../inventory.ts'
import { isMapping } from '../vars.ts'
import type { YamlFile } from '../yaml.ts'
import { type AnsibleConnection, connectionOfAnsible } from './ansible-connection.ts'
import { asForeign } from './foreign.ts'
import { originIn, sourceOrigins } from './source-origins.ts'

/** Whether data is what `ansible-inventory --list` and dynamic inventories print: groups by name, and `_meta`. */
export function isAnsibleShaped(data: unknown): data is Vars {
  if (!isMapping(data)) return false
  if (Object.hasOwn(data, '_meta')) return true
  const groups = Object.values(data)
  return !Object.hasOwn(data, 'tiers') && groups.length > 0 && groups.every(isGroup)
}

const isGroup = (value: unknown): boolean =>
  Array.isArray(value) || (isMapping(value) && ['hosts', 'children', 'vars'].some((key) => Object.hasOwn(value, key)))

interface AnsibleGroup {
  readonly hosts: readonly string[]
  readonly children: readonly string[]
  readonly vars: Vars
}

/**
 * An inventory of Ansible in our shape: a group that is called like a tier makes its hosts members of it, all others are
 * groups. Each value keeps its place in what was printed.
 * @param tiers names of the tiers of the site
 */
export function fromAnsible(data: Vars, file: string, tiers: readonly string[]): YamlFile {
  const groups = new Map(
    Object.entries(data).flatMap(([name, value]) => (name === '_meta' ? [] : [[name, groupOf(value)] as const])),
  )
  const hostVars = hostVarsIn(data)
  const problems: Problem[] = []
  const tell = (at: string, message: string, hint?: string) =>
    problems.push({ message, origin: originIn(file, at), hint })
  if (hostVars === undefined) {
    const hint = 'a script that answers --host only: print what ansible-inventory -i SCRIPT --list prints'
    tell('', "it has no '_meta' with 'hostvars', so what is set for hosts is not known", hint)
  }
  const places = new Map<string, string>()
  const connected = (vars: Vars, at: string, pointer: string): AnsibleConnection & { connection: Vars } => {
    const found = connectionOfAnsible(vars)
    for (const { name, message, hint } of found.problems) tell(`${at}.${name}`, message, hint)
    for (const { key, from } of found.settings) places.set(`${pointer}/connection${step(key)}`, `${at}.${from}`)
    places.set(`${pointer}/vars`, at)
    return { ...found, connection: Object.fromEntries(found.settings.map(({ key, value }) => [key, value])) }
  }
  const level = (vars: Vars, at: string, pointer: string) => {
    const { connection, vars: own } = connected(vars, at, pointer)
    return {
      ...(Object.keys(connection).length > 0 && { connection }),
      ...(Object.keys(own).length > 0 && { vars: own }),
    }
  }

  const named = [...groups].flatMap(([name, { hosts }]) => (name === '_meta' ? [] : hosts))
  const hostNames = [...new Set([...named, ...Object.keys(hostVars ?? {})])]
  const tierOf = tiersByHost(groups, tiers)
  const members = new Map<string, [string, Value][]>()
  for (const name of hostNames) {
    const [tier, other] = tierOf.get(name) ?? []
    if (tier === undefined) {
      tell(name, `host '${name}' is in no group that is a tier`, `the tiers of site.yml: ${tiers.join(', ')}`)
      continue
    }
    if (other !== undefined) tell(name, `host '${name}' is in two groups that are tiers: ${tier} and ${other}`)
    const pointer = `/tiers${step(tier)}/hosts${step(name)}`
    const own = hostVars?.[name]
    const vars = isMapping(own) ? own : {}
    places.set(pointer, name)
    const { address, connection, vars: rest } = connected(vars, name, pointer)
    const set = { address: address ?? name, connection, vars: rest }
    const known = members.get(tier)
    if (known) known.push([name, set])
    else members.set(tier, [[name, set]])
  }
  const tierEntries = tiers.flatMap((tier): [string, Value][] => {
    const own = groups.get(tier)
    if (own === undefined) return []
    const pointer = `/tiers${step(tier)}`
    return [[tier, { ...level(own.vars, `${tier}.vars`, pointer), hosts: Object.fromEntries(members.get(tier) ?? []) }]]
  })
  const groupEntries = [...groups].flatMap(([name, group]): [string, Value][] => {
    if (name === 'all' || name === 'ungrouped' || tiers.includes(name)) return []
    const pointer = `/groups${step(name)}`
    places.set(pointer, name)
    const placed = group.hosts.filter((host) => tierOf.has(host))
    return [[name, { ...level(group.vars, `${name}.vars`, pointer), hosts: placed, groups: group.children }]]
  })
  const value = {
    ...level(groups.get('all')?.vars ?? {}, 'all.vars', ''),
    ...(groupEntries.length > 0 && { groups: Object.fromEntries(groupEntries) }),
    tiers: Object.fromEntries(tierEntries),
  }
  const origins = sourceOrigins(value, file, (pointer) => placeIn(places, pointer))
  return { file, value, origins: new Map([...origins].map(([at, origin]) => [at, asForeign(origin)])), problems }
}

/** The nearest place that is known, and the way on from there. */
function placeIn(places: ReadonlyMap<string, string>, pointer: string): string {
  const way: string[] = []
  for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const found = places.get(at)
    if (found !== undefined) return [found, ...way].join('.')
    way.unshift(steps(at).at(-1) ?? '')
  }
  return way.join('.')
}

const groupOf = (value: Value | undefined): AnsibleGroup => {
  const texts = (list: unknown): string[] => (Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [])
  if (!isMapping(value)) return { hosts: texts(value), children: [], vars: {} }
  return { hosts: texts(value.hosts), children: texts(value.children), vars: isMapping(value.vars) ? value.vars : {} }
}

function hostVarsIn(data: Vars): Vars | undefined {
  const meta = data._meta
  const vars = isMapping(meta) ? meta.hostvars : undefined
  return isMapping(vars) ? vars : undefined
}

/** The tiers whose group a host is in, also by groups in it. */
function tiersByHost(
  groups: ReadonlyMap<string, AnsibleGroup>,
  tiers: readonly string[],
): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>()
  for (const tier of tiers) {
    const seen = new Set<string>()
    const visit = (name: string): void => {
      const group = groups.get(name)
      if (group === undefined || seen.has(name)) return
      seen.add(name)
      for (const host of group.hosts) {
        const known = found.get(host) ?? []
        if (!known.includes(tier)) found.set(host, [...known, tier])
      }
      for (const child of group.children) visit(child)
    }
    visit(tier)
  }
  return found
}
