import type { Problem } from '../../../errors.ts'
import type { Finding } from '../finding.ts'
import { membership } from '../inventory/groups.ts'
import { effective, type Setting, settings } from '../inventory/precedence.ts'
import type { ReadAnsible } from '../read/read.ts'
import { notCarried, type RoleVarsCatalog } from './classify.ts'
import { declaredVars, placeOf } from './declared.ts'
import { groupsHere } from './group-names.ts'
import { type FileData, type HostHere, hostsFile } from './hosts-file.ts'
import { type LoginContext, loginOf } from './login.ts'
import { validNames } from './names.ts'
import { ownVar } from './own-vars.ts'
import { type LevelFile, type PlacedVars, placeVars } from './placement.ts'
import { assignTiers, shown, type TierRule } from './tiers.ts'

export interface Translated {
  readonly hostsFile: FileData
  /** By path without its ending: group_vars/web. */
  readonly vars: PlacedVars
  readonly hosts: readonly HostHere[]
  /** Names of groups, tiers not counted. */
  readonly groups: readonly string[]
  readonly tiers: readonly string[]
  readonly findings: readonly Finding[]
  readonly problems: readonly Problem[]
}

export interface TranslateOptions {
  readonly rules: readonly TierRule[]
  readonly catalog: RoleVarsCatalog
  /** As it is called here. */
  readonly name: string
  readonly paths: Pick<LoginContext, 'cwd' | 'out'>
}

/** An Ansible inventory in the terms of this tool, and all of it that has none. Pure. */
export function translate(read: ReadAnsible, { rules, catalog, name, paths }: TranslateOptions): Translated {
  const { inventory, cfg } = read
  const members = membership(inventory)
  const settingsOf = settings(inventory, members)
  const merges = cfg?.get('defaults', 'hash_behaviour')?.value === 'merge'
  const tiers = assignTiers(rules, inventory, members)
  const names = validNames(inventory.hosts.keys())

  const context: LoginContext = { cfg, cfgDir: read.cfgDir, dir: read.dir, ...paths }
  const logins = [...inventory.hosts.values()].map((host) => ({
    host,
    tier: tiers.tierOf.get(host.name),
    login: loginOf(host, effective(settingsOf(host.name), merges), context),
  }))
  const reached = logins.flatMap(({ host, tier, login: { address, connection } }): HostHere[] =>
    tier === undefined || address === undefined
      ? []
      : [{ of: host.name, name: names.get(host.name) ?? host.name, tier, address, connection }],
  )
  const { hosts, findings: same } = oneOfEach(reached, inventory.hosts)
  const tierOf = new Map(hosts.map(({ of, tier }) => [of, tier]))
  const grouping = groupsHere(inventory, members, tierOf, names)
  const declared = declaredVars(inventory)
  const vars = declared.map((setting) => ({
    setting,
    finding: notCarried(setting, catalog, `provision secrets set -i ${name} ${fileFor(setting.by)}`),
  }))
  const { placed, findings: moved } = placeVars({
    tierOf,
    settingsOf,
    merges,
    carried: new Set(
      vars.flatMap(({ setting, finding }) =>
        finding === undefined && ownVar(setting.name) === undefined ? [placeOf(setting)] : [],
      ),
    ),
    groupFile: (group) => groupFile(group),
    hostFile: (host) => `host_vars/${names.get(host) ?? host}`,
    isInside: members.isInside,
  })
  function groupFile(group: string): LevelFile | undefined {
    if (group === 'all') return 'group_vars/all'
    const here = grouping.groups.get(group)
    return here === undefined ? undefined : `group_vars/${here.name}`
  }
  function fileFor(by: (typeof declared)[number]['by']): string {
    return by.is === 'host'
      ? `host_vars/${names.get(by.name) ?? by.name}`
      : (groupFile(by.name) ?? `group_vars/${by.name}`)
  }
  const untiered = logins.filter(({ tier, login }) => tier === undefined && login.address !== undefined)
  const shownGroups = new Map(
    [...grouping.groups].filter(([group, here]) => group !== 'ungrouped' || placed.has(`group_vars/${here.name}`)),
  )
  const usedTiers = tiers.names.filter((tier) => hosts.some((host) => host.tier === tier))
  return {
    hostsFile: hostsFile(usedTiers, hosts, inventory, shownGroups),
    vars: placed,
    hosts,
    groups: [...shownGroups.values()].filter(({ isTier }) => !isTier).map((one) => one.name),
    tiers: usedTiers,
    problems: tiers.problems,
    findings: unique([
      ...untiered.map(({ host }): Finding => noTier(host, members.groupsOf(host.name))),
      ...same,
      ...logins.flatMap(({ login }) => login.findings),
      ...noUser(hosts, inventory.hosts),
      ...(catalog.isInSite('ssh_port') ? otherPorts(hosts, inventory.hosts) : []),
      ...[...names].flatMap(([before, after]) => renamed(before, after, tierOf, inventory.hosts.get(before)?.at)),
      ...grouping.findings,
      ...moved,
      ...vars.flatMap(({ setting, finding }) => finding ?? ofEmptyGroup(setting, members.hostsOf)),
      ...read.findings,
    ]),
  }
}

/** Two names of one machine: the tool would change it twice at a time. */
function oneOfEach(
  hosts: readonly HostHere[],
  known: ReadonlyMap<string, { readonly at: Finding['at'] }>,
): { readonly hosts: readonly HostHere[]; readonly findings: readonly Finding[] } {
  const first = new Map<string, HostHere>()
  const findings: Finding[] = []
  for (const host of hosts) {
    const { port = 22, transport = '', proxy_jump: way = '' } = host.connection
    // Private addresses mean other machines behind other jump hosts.
    const place = `${host.address.toLowerCase()} ${port} ${transport} ${way}`
    const before = first.get(place)
    if (before === undefined) first.set(place, host)
    else {
      const note = `the same machine as ${before.of} (${host.address}): a host is there once`
      findings.push({ kind: 'host', at: known.get(host.of)?.at, subject: host.of, note })
    }
  }
  return { hosts: [...first.values()], findings }
}

const noTier = (host: { readonly name: string; readonly at: Finding['at'] }, groups: readonly string[]): Finding => {
  const inner = groups.at(-1)
  const what = inner === undefined || inner === 'all' || inner === 'ungrouped' ? host.name : inner
  return { kind: 'host', at: host.at, subject: host.name, note: `in no tier: give one, --tier TIER=${what}` }
}

/** A var that would be carried is written for hosts: a group without any has none to write it for. */
const ofEmptyGroup = ({ name, value, by }: Setting, hostsOf: (group: string) => readonly string[]): Finding[] =>
  by.is === 'group' && ownVar(name) === undefined && hostsOf(by.name).length === 0
    ? [{ kind: 'attention', at: value.at, subject: name, note: `group '${by.name}' has no hosts: not carried` }]
    : []

/** Ansible takes the name of whoever calls it, or what ssh's configuration says. */
function noUser(hosts: readonly HostHere[], known: ReadonlyMap<string, { readonly at: Finding['at'] }>): Finding[] {
  const without = hosts.filter(({ connection }) => connection.user === undefined && connection.transport !== 'local')
  const [first] = without
  if (first === undefined) return []
  const which = without.length === hosts.length ? 'all hosts' : `${without.length} of ${hosts.length} hosts`
  const note =
    'nobody says who logs in (Ansible: your own name). Here it is root, unless connection.user in hosts.yml or ~/.ssh/config says otherwise'
  return [{ kind: 'attention', at: known.get(first.of)?.at, subject: `login of ${which}`, note }]
}

/** Whether sshd listens there, or something in front of it does, nobody knows; role base writes the port of sshd. */
function otherPorts(hosts: readonly HostHere[], known: ReadonlyMap<string, { readonly at: Finding['at'] }>): Finding[] {
  const ports = new Map<number, HostHere[]>()
  for (const host of hosts) {
    const port = host.connection.port ?? 22
    if (port === 22) continue
    const known = ports.get(port)
    if (known) known.push(host)
    else ports.set(port, [host])
  }
  return [...ports].map(([port, [first, ...more]]): Finding => {
    const names = [first, ...more].flatMap((host) => host?.name ?? [])
    const note = `role base writes port 22 for sshd; where sshd itself listens on ${port}, set ssh_port: ${port} in the vars`
    return { kind: 'attention', at: known.get(first?.of ?? '')?.at, subject: `port ${port} of ${shown(names)}`, note }
  })
}

const renamed = (before: string, after: string, tierOf: ReadonlyMap<string, string>, at: Finding['at']): Finding[] =>
  before === after || !tierOf.has(before)
    ? []
    : [{ kind: 'attention', at, subject: `host ${before}`, note: `it is '${after}' here` }]

/** The same is told of many hosts, where it is set once for all. */
const unique = (findings: readonly Finding[]): Finding[] => [
  ...new Map(findings.map((one) => [JSON.stringify([one.kind, one.at, one.subject, one.note]), one])).values(),
]
