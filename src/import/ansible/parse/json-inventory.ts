import { type Declaration, hostDeclarations, type Parsed, type Trouble } from './declaration.ts'

import { varsOf, type YamlEntry } from './yaml.ts'

/**
 * What a dynamic inventory prints for `--list`, as `ansible-inventory --list` does too. JSON is YAML, so lines of a saved
 * answer are known.
 * @param hostVars answers to `--host NAME`, of a script that has no `_meta`
 */
export function jsonInventory(
  entries: readonly YamlEntry[],
  hostVars: ReadonlyMap<string, readonly YamlEntry[]> = new Map(),
): Parsed {
  const problems: Trouble[] = []
  const declarations = entries.filter(({ key }) => key !== '_meta').flatMap((entry) => group(entry, problems))
  const meta = entries.find(({ key }) => key === '_meta')?.entries?.find(({ key }) => key === 'hostvars')
  const known = new Set(declarations.flatMap((one) => (one.is === 'host' ? [one.host] : [])))
  const declared = (meta?.entries ?? []).filter(({ key }) => known.has(key))
  const ofHosts = [...declared.map(({ key, entries: vars }) => [key, vars ?? []] as const), ...hostVars]
  const vars = ofHosts.flatMap(([host, one]) =>
    [...varsOf(one)].map(([name, value]): Declaration => ({ is: 'host var', host, name, value })),
  )
  return { declarations: [...declarations, ...vars], skipped: [], problems }
}

/** Told apart from a YAML inventory by its lists: there, hosts and children are mappings. */
export function isScriptAnswer(entries: readonly YamlEntry[]): boolean {
  if (entries.some(({ key }) => key === '_meta')) return true
  const isList = (entry: YamlEntry | undefined) => Array.isArray(entry?.asVar.value)
  return entries.some(
    (entry) =>
      isList(entry) || (entry.entries ?? []).some((one) => ['hosts', 'children'].includes(one.key) && isList(one)),
  )
}

/** Whether vars of hosts are to be asked for one by one. */
export const lacksHostVars = (entries: readonly YamlEntry[]): boolean =>
  !entries.some(({ key, entries: inside }) => key === '_meta' && inside?.some((one) => one.key === 'hostvars'))

function group({ key, at, entries, asVar }: YamlEntry, problems: Trouble[]): Declaration[] {
  const inGroup: Declaration[] = [{ is: 'group', group: key, at }]
  if (entries === undefined) return [...inGroup, ...hosts(key, asVar.value, at, problems)]
  const section = (name: string) => entries.find((one) => one.key === name)
  const [members, children, vars] = [section('hosts'), section('children'), section('vars')]
  if (members === undefined && children === undefined && vars === undefined && entries.length > 0) {
    // The short form: a host that is called as the group, and its vars.
    return [...inGroup, { is: 'host', host: key, group: key, at }, ...groupVars(key, entries)]
  }
  return [
    ...inGroup,
    ...(members === undefined ? [] : hosts(key, members.asVar.value, members.at, problems)),
    ...groupVars(key, vars?.entries ?? []),
    ...names(children).flatMap((child): Declaration[] => [
      { is: 'group', group: child, at },
      { is: 'child', group: key, child, at },
    ]),
  ]
}

const groupVars = (group: string, entries: readonly YamlEntry[]): Declaration[] =>
  [...varsOf(entries)].map(([name, value]): Declaration => ({ is: 'group var', group, name, value }))

const names = (entry: YamlEntry | undefined): string[] => {
  const value = entry?.asVar.value
  return Array.isArray(value) ? value.map(String) : []
}

function hosts(group: string, value: unknown, at: YamlEntry['at'], problems: Trouble[]): Declaration[] {
  if (Array.isArray(value)) return hostDeclarations(value.map(String), undefined, new Map(), group, at)
  if (value !== null) problems.push({ at, message: `hosts of group '${group}': a list is expected` })
  return []
}
