import type { Origin, Problem } from '../errors.ts'
import { nameHint } from '../problems/nearest.ts'
import { dotted, step } from '../problems/pointer.ts'
import type { Group } from './inventory.ts'
import { originAt } from './origins.ts'
import { isGlob, matcherOf } from './patterns.ts'
import type { HostsFile } from './schemas/hosts.ts'
import type { Source } from './source.ts'

/** Which host is in which groups, and what is wrong with what was written of it. */
export interface Membership {
  /** Outer ones before those that they contain. */
  readonly groups: readonly Group[]
  /** Names of all groups of a host, outer ones before those that they contain. */
  of(host: string): readonly string[]
  /** Whether one group is in the other, by whatever way. */
  contains(outer: string, inner: string): boolean
  readonly problems: readonly Problem[]
}

const NOWHERE: Origin = { file: '', line: 1, col: 1 }

/**
 * Works out groups: those that hosts say they are in, and those that `groups` of hosts.yml makes of hosts, globs, tiers and
 * other groups. Where there is a `groups`, it names them all: a slip in a host's own list would else be a group of its own.
 * @param tiers names of the tiers of site.yml
 */
export function membershipOf(hosts: Source<HostsFile>, tiers: readonly string[]): Membership {
  const written = hostsOf(hosts.data)
  const names = namesOf(hosts.data, written)
  const { children, problems: wrongChildren } = childrenOf(hosts, names, tiers)
  const order = outerFirst(names, children)
  const inside = insideOf(order.names, children)
  const { direct, problems: wrongMembers } = directMembers(hosts, written, names, tiers)

  const hostsByTier = new Map(Object.entries(hosts.data.tiers).map(([tier, { hosts: of }]) => [tier, Object.keys(of)]))
  const membersOf = (name: string): ReadonlySet<string> => {
    const groups = [name, ...(inside.get(name) ?? [])]
    const whole = groups.flatMap((one) => (children.get(one) ?? []).flatMap((child) => hostsByTier.get(child) ?? []))
    return new Set([...groups.flatMap((one) => [...(direct.get(one) ?? [])]), ...whole])
  }
  const groups = order.names.map((name): Group => {
    const members = membersOf(name)
    return {
      name,
      children: children.get(name) ?? [],
      hosts: written.flatMap(({ host }) => (members.has(host) ? [host] : [])),
      origin: placeOf(hosts, name, written) ?? NOWHERE,
    }
  })
  const byHost = new Map<string, string[]>()
  for (const group of groups) {
    for (const host of group.hosts) {
      const known = byHost.get(host)
      if (known === undefined) byHost.set(host, [group.name])
      else known.push(group.name)
    }
  }
  return {
    groups,
    of: (host) => byHost.get(host) ?? [],
    contains: (outer, inner) => inside.get(outer)?.has(inner) ?? false,
    problems: [
      ...nameProblems(hosts, names, tiers, written),
      ...wrongChildren,
      ...order.cycles.map((cycle) => cycleProblem(hosts, cycle)),
      ...wrongMembers,
    ],
  }
}

/** Of an inventory without groups. */
export const NO_GROUPS: Membership = { groups: [], of: () => [], contains: () => false, problems: [] }

interface WrittenHost {
  readonly host: string
  readonly groups: readonly string[]
  readonly pointer: string
}

const hostsOf = ({ tiers }: HostsFile): WrittenHost[] =>
  Object.entries(tiers).flatMap(([tier, { hosts }]) =>
    Object.entries(hosts).map(([host, { groups = [] }]) => ({
      host,
      groups,
      pointer: `/tiers${step(tier)}/hosts${step(host)}`,
    })),
  )

const namesOf = ({ groups }: HostsFile, written: readonly WrittenHost[]): ReadonlySet<string> =>
  new Set(groups === undefined ? written.flatMap((host) => host.groups) : Object.keys(groups))

type Children = ReadonlyMap<string, readonly string[]>

function childrenOf(
  { data, origins }: Source<HostsFile>,
  names: ReadonlySet<string>,
  tiers: readonly string[],
): { children: Children; problems: Problem[] } {
  const known = new Set([...names, ...tiers])
  const all = Object.entries(data.groups ?? {}).map(([name, group]) => {
    const written = (group?.groups ?? []).map((child, i) => ({ child, pointer: `/groups${step(name)}/groups/${i}` }))
    return { name, written }
  })
  const problems = all.flatMap(({ written }) =>
    written.flatMap(({ child, pointer }) =>
      known.has(child)
        ? []
        : [
            {
              message: `there is no group '${child}', and no tier`,
              origin: originAt(origins, pointer),
              path: dotted(pointer),
              hint: nameHint(child, [...known]),
            },
          ],
    ),
  )
  const children = new Map(
    all.map(({ name, written }) => [name, written.flatMap(({ child }) => (known.has(child) ? [child] : []))] as const),
  )
  return { children, problems }
}

/** Groups in an order in which each comes before those in it; what makes a circle is told, and goes for nothing. */
function outerFirst(names: ReadonlySet<string>, children: Children): { names: string[]; cycles: string[][] } {
  const done = new Set<string>()
  const innerFirst: string[] = []
  const cycles: string[][] = []
  const visit = (name: string, open: readonly string[]): void => {
    const at = open.indexOf(name)
    if (at >= 0) cycles.push([...open.slice(at), name])
    if (at >= 0 || done.has(name) || !names.has(name)) return
    for (const child of children.get(name) ?? []) visit(child, [...open, name])
    done.add(name)
    innerFirst.push(name)
  }
  // From the end, so that groups that are not in one another keep the order in which they were written.
  for (const name of [...names].reverse()) visit(name, [])
  return { names: innerFirst.reverse(), cycles }
}

/** All groups in each, by whatever way. */
function insideOf(outerFirst: readonly string[], children: Children): ReadonlyMap<string, ReadonlySet<string>> {
  const inside = new Map<string, Set<string>>()
  for (const name of outerFirst.toReversed()) {
    const own = new Set<string>()
    for (const child of children.get(name) ?? []) {
      if (child === name) continue
      own.add(child)
      for (const deeper of inside.get(child) ?? []) own.add(deeper)
    }
    inside.set(name, own)
  }
  return inside
}

function cycleProblem({ origins }: Source<HostsFile>, cycle: readonly string[]): Problem {
  const pointer = `/groups${step(cycle[0] ?? '')}/groups`
  return {
    message: `groups are in one another in a circle: ${cycle.join(' → ')}`,
    origin: originAt(origins, pointer),
    path: dotted(pointer),
    hint: 'leave out one of them',
  }
}

/** Hosts that are named for a group, by the host or by the group. */
function directMembers(
  { data, origins }: Source<HostsFile>,
  written: readonly WrittenHost[],
  names: ReadonlySet<string>,
  tiers: readonly string[],
): { direct: ReadonlyMap<string, ReadonlySet<string>>; problems: Problem[] } {
  const direct = new Map([...names].map((name) => [name, new Set<string>()]))
  const problems: Problem[] = []
  for (const { host, groups, pointer } of written) {
    groups.forEach((group, i) => {
      direct.get(group)?.add(host)
      if (names.has(group)) return
      const place = `${pointer}/groups/${i}`
      problems.push({
        message: tiers.includes(group)
          ? `'${group}' is a tier: a host is in the one that it is written under`
          : `host '${host}' is in group '${group}', which 'groups' does not have`,
        origin: originAt(origins, place),
        path: dotted(place),
        hint: tiers.includes(group)
          ? undefined
          : (nameHint(group, [...names]) ?? `where it is meant, add it there: ${group}: {}`),
      })
    })
  }
  const hostNames = written.map(({ host }) => host)
  const known = new Set(hostNames)
  for (const [group, members] of Object.entries(data.groups ?? {})) {
    const own = direct.get(group)
    ;(members?.hosts ?? []).forEach((pattern, i) => {
      const matches = isGlob(pattern) ? hostNames.filter(matcherOf(pattern)) : known.has(pattern) ? [pattern] : []
      for (const host of matches) own?.add(host)
      if (matches.length > 0) return
      const place = `/groups${step(group)}/hosts/${i}`
      problems.push({
        message: isGlob(pattern) ? `no host is called like '${pattern}'` : `there is no host '${pattern}'`,
        origin: originAt(origins, place),
        path: dotted(place),
        hint: isGroupOrTier(pattern, names, tiers)
          ? `'${pattern}' is a ${names.has(pattern) ? 'group' : 'tier'}: write it under 'groups'`
          : nameHint(pattern, hostNames),
      })
    })
  }
  return { direct, problems }
}

const isGroupOrTier = (name: string, groups: ReadonlySet<string>, tiers: readonly string[]): boolean =>
  groups.has(name) || tiers.includes(name)

/** Where a group is written, or the first host that says it is in it. */
function placeOf({ origins }: Source<HostsFile>, name: string, written: readonly WrittenHost[]): Origin | undefined {
  const own = origins.get(`/groups${step(name)}`)
  if (own !== undefined) return own
  const first = written.find(({ groups }) => groups.includes(name))
  return first && originAt(origins, `${first.pointer}/groups/${first.groups.indexOf(name)}`)
}

/** A name must say by itself what is meant: `--limit`, `group()` and files of vars take hosts, tiers and groups alike. */
function nameProblems(
  hosts: Source<HostsFile>,
  names: ReadonlySet<string>,
  tiers: readonly string[],
  written: readonly WrittenHost[],
): Problem[] {
  const hostNames = new Set(written.map(({ host }) => host))
  return [...names].flatMap((name) => {
    const what =
      name === 'all'
        ? "'all', which stands for every host"
        : tiers.includes(name)
          ? 'a tier'
          : hostNames.has(name)
            ? 'a host'
            : undefined
    if (what === undefined) return []
    return [
      {
        message: `group '${name}' has the name of ${what}`,
        origin: placeOf(hosts, name, written),
        path: originPath(hosts, name),
        hint: 'hosts, tiers and groups are told apart by their names',
      },
    ]
  })
}

const originPath = ({ origins }: Source<HostsFile>, name: string): string | undefined =>
  origins.get(`/groups${step(name)}`) !== undefined ? dotted(`/groups${step(name)}`) : undefined
