import type { Origin, Problem } from '../errors.ts'
import { step } from '../problems/pointer.ts'
import { toldOnce } from '../problems/told-once.ts'
import type { RolloutPolicy } from '../rollout/policy.ts'
import { type Conflict, conflictProblem, type MergedGroups, mergeGroups, undecided } from './group-vars.ts'
import type { Membership } from './groups.ts'
import type { ConnectionSettings, Host, NamedLevel, Scope, Tier } from './inventory.ts'
import { groupConnections } from './members.ts'
import { originAt } from './origins.ts'
import type { HostsFile } from './schemas/hosts.ts'
import type { RolloutFile } from './schemas/rollout.ts'
import type { SiteFile } from './schemas/site.ts'
import type { Source } from './source.ts'
import { type Level, levelOf, mergeLevels, NO_VARS } from './vars.ts'

export interface Sources {
  readonly site: Source<SiteFile>
  readonly hosts: Source<HostsFile>
  readonly membership: Membership
  readonly groupVars: ReadonlyMap<string, Level>
  readonly hostVars: ReadonlyMap<string, Level>
  /** From `--var`: above everything. */
  readonly given: Level
  /** How to log in, by host. */
  readonly logins: ReadonlyMap<string, ConnectionSettings>
}

const NOWHERE: Origin = { file: '', line: 1, col: 1 }

/** Hosts whose vars stay merged: a copy of all names for each that sets but one of its own. */
const KEPT_MERGED = 50

/** The tiers of site.yml in their order. */
export function buildTiers({ data, origins }: Source<SiteFile>): Tier[] {
  return data.tiers.map((tier, i) => ({
    name: tier.name,
    roles: tier.roles,
    rollout: policyOf(tier.rollout),
    origin: originAt(origins, `/tiers/${i}`) ?? NOWHERE,
  }))
}

function policyOf(file: RolloutFile = {}): RolloutPolicy {
  const { serial } = file
  return {
    serial: serial === undefined ? undefined : Array.isArray(serial) ? serial : [serial],
    serialDown: file.serial_down,
    headStart: file.head_start ?? false,
    maxFailPercentage: file.max_fail_percentage,
    maxFailures: file.max_failures,
    failureDomain: file.failure_domain,
    pause: file.pause ?? 0,
    confirm: file.confirm ?? false,
    soak: file.soak ?? 0,
    drainTimeout: file.drain_timeout,
    gateTimeout: file.gate_timeout,
  }
}

export interface BuiltHosts {
  readonly hosts: readonly Host[]
  /** Groups that disagree. */
  readonly problems: readonly Problem[]
}

/** All hosts in the order of the tiers, each with its vars merged by precedence and its connection complete. */
export function buildHosts(sources: Sources): BuiltHosts {
  const { site, hosts, membership } = sources
  const shared = sharedLevels(sources)
  const lately = keptLately<Level>(KEPT_MERGED)
  const disagreements = new Map<Conflict, Disagreement>()
  const note = (conflicts: readonly Conflict[], host: string, prefix: string) => {
    for (const conflict of conflicts) {
      const known = disagreements.get(conflict) ?? { prefix, hosts: [] }
      disagreements.set(conflict, { prefix, hosts: [...known.hosts, host] })
    }
  }
  const built = site.data.tiers.flatMap((tier, i) => {
    const members = hosts.data.tiers[tier.name]
    if (members === undefined) return []
    const place = `/tiers${step(tier.name)}`
    const siteLevel = named('site', tier.name, levelOf(tier.vars, site.origins, `/tiers/${i}/vars`))
    const tierLevel = named('tier', tier.name, shared.tier(tier.name))
    const below = memoized((groups: GroupsOfHost) => {
      const levels = [siteLevel, shared.all, ...groups.levels, tierLevel].filter(isSet)
      return { levels, merged: mergeLevels([siteLevel, shared.all, groups.merged.level, tierLevel]) }
    })
    return Object.entries(members.hosts).flatMap(([name, host]): Host[] => {
      const connection = sources.logins.get(name)
      if (connection === undefined) return []
      const pointer = `${place}/hosts${step(name)}`
      const groups = shared.groups(membership.of(name))
      const own = [
        named('host', name, levelOf(host.vars, hosts.origins, `${pointer}/vars`)),
        named('host', name, sources.hostVars.get(name) ?? NO_VARS),
        named('command line', name, sources.given),
      ].filter(isSet)
      const { levels, merged: under } = below(groups)
      // A command needs the vars of a few of thousands of hosts, if any; and nobody those of all of them at once.
      const merged = own.length === 0 ? () => under : lately(() => mergeLevels([under, ...own]))
      note(undecided(groups.merged.conflicts, [tierLevel, ...own]), name, '')
      const above = [members.connection, host.connection].map((vars = {}) => ({ vars, origins: hosts.origins }))
      note(undecided(groups.connection.conflicts, above), name, 'connection.')
      return [
        {
          name,
          tier: tier.name,
          groups: membership.of(name),
          address: host.address,
          connection,
          get vars() {
            return merged().vars
          },
          get origins() {
            return merged().origins
          },
          levels: [...levels, ...own],
          origin: originAt(hosts.origins, pointer) ?? NOWHERE,
        },
      ]
    })
  })
  const problems = [...disagreements].map(([one, { prefix, hosts: of }]) => conflictProblem(one, of, prefix))
  return { hosts: built, problems: toldOnce(problems) }
}

interface Disagreement {
  readonly prefix: string
  readonly hosts: readonly string[]
}

/** What the groups of a host set; one for all hosts that are in the same groups. */
interface GroupsOfHost {
  readonly levels: readonly NamedLevel[]
  readonly merged: MergedGroups
  readonly connection: MergedGroups
}

/** The levels that hosts have in common, each made once. */
function sharedLevels({ hosts, groupVars, membership }: Sources) {
  const { data, origins } = hosts
  const connections = groupConnections(hosts, membership)
  const written = (vars: unknown, pointer: string, file: string): Level =>
    mergeLevels([levelOf(vars, origins, `${pointer}/vars`), groupVars.get(file) ?? NO_VARS])
  const group = memoized((name: string) => named('group', name, written(data.groups?.[name]?.vars, at(name), name)))
  const made = new Map<string, GroupsOfHost>()
  return {
    all: named('all', 'all', written(data.vars, '', 'all')),
    tier: (name: string) => written(data.tiers[name]?.vars, `/tiers${step(name)}`, name),
    groups(names: readonly string[]): GroupsOfHost {
      const key = names.join(' ')
      const merge = (level: (name: string) => Level) =>
        mergeGroups(
          names.map((name) => ({ group: name, level: level(name) })).filter((one) => isSet(one.level)),
          membership.contains,
        )
      const known = made.get(key) ?? { levels: names.map(group), merged: merge(group), connection: connections(names) }
      made.set(key, known)
      return known
    },
  }
}

const at = (group: string): string => `/groups${step(group)}`

const named = (scope: Scope, name: string, { vars, origins }: Level): NamedLevel => ({ scope, name, vars, origins })

const isSet = ({ vars }: Level): boolean => Object.keys(vars).length > 0

/** What is made when somebody asks for it, and kept while it is among so many that were asked for last. */
function keptLately<T extends object>(most: number): (make: () => T) => () => T {
  /** The one that was asked for longest ago is the first. */
  const kept = new Map<() => T, T>()
  return (make) => () => {
    const made = kept.get(make) ?? make()
    kept.delete(make)
    kept.set(make, made)
    const [oldest] = kept.keys()
    if (kept.size > most && oldest) kept.delete(oldest)
    return made
  }
}

function memoized<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>()
  return (key) => {
    const known = made.get(key) ?? make(key)
    made.set(key, known)
    return known
  }
}
