import type { Role } from '../catalog/role.ts'
import { buildHosts, buildTiers } from '../inventory/build.ts'
import { type Membership, membershipOf } from '../inventory/groups.ts'
import type { Inventory, Value, Vars } from '../inventory/inventory.ts'
import { logins } from '../inventory/logins.ts'
import { membersOf } from '../inventory/members.ts'
import { recordsPolicy } from '../inventory/records.ts'
import type { HostsFile } from '../inventory/schemas/hosts.ts'
import type { SiteFile } from '../inventory/schemas/site.ts'
import type { Source } from '../inventory/source.ts'
import { isMapping, type Level } from '../inventory/vars.ts'

/** A host that is there for a trial. */
export interface TestedHost {
  readonly name: string
  readonly tier: string
  /** Groups that it is in. Default: none. */
  readonly groups?: readonly string[] | undefined
  /** Default: one of 192.0.2.0/24. */
  readonly address?: string | undefined
  /** Over the vars of all hosts. */
  readonly vars?: Readonly<Record<string, unknown>> | undefined
  /** All hosts of a tier have the roles of its first one. Default: none. */
  readonly roles?: readonly Role[] | undefined
}

export interface TestedInventory {
  readonly inventory: Inventory
  readonly roles: ReadonlyMap<string, Role>
}

/** An inventory that is written nowhere. */
export function inventoryOf(hosts: readonly TestedHost[], vars: Readonly<Record<string, unknown>>): TestedInventory {
  const tiers = [...new Set(hosts.map(({ tier }) => tier))]
  const rolesOf = (name: string): readonly Role[] => hosts.find(({ tier }) => tier === name)?.roles ?? []
  const site: Source<SiteFile> = source({
    tiers: tiers.map((name) => ({ name, roles: rolesOf(name).map((role) => role.name) })),
  })
  const membersOf = (name: string) =>
    hosts.flatMap((host, i) =>
      host.tier === name
        ? [[host.name, { address: host.address ?? `192.0.2.${i + 1}`, groups: (host.groups ?? []).slice() }] as const]
        : [],
    )
  const written: Source<HostsFile> = source({
    tiers: Object.fromEntries(tiers.map((name) => [name, { hosts: Object.fromEntries(membersOf(name)) }])),
  })
  const membership = membershipOf(written, tiers)
  const built = buildHosts({
    site,
    hosts: written,
    membership,
    groupVars: new Map([['all', level(vars)]]),
    hostVars: new Map(hosts.map((host) => [host.name, level(host.vars ?? {})])),
    given: level({}),
    logins: plainLogins(written, membership),
  })
  return {
    inventory: {
      name: 'tested',
      dir: '/',
      tiers: buildTiers(site),
      records: recordsPolicy(),
      hooks: [],
      groups: membership.groups,
      hosts: built.hosts,
    },
    roles: new Map(tiers.flatMap(rolesOf).map((role) => [role.name, role])),
  }
}

/** Nobody logs in there: no file of this machine is read. */
function plainLogins(hosts: Source<HostsFile>, membership: Membership) {
  const here = { home: '/', env: {}, localUser: 'root', uid: 0, hostname: 'localhost' }
  const nothing = { dir: '/', home: '/', passwords: new Map(), becomePassword: undefined, sshConfig: () => undefined }
  return logins(membersOf(hosts, membership), { ...nothing, here }).settings
}

const source = <T>(data: T): Source<T> => ({ data, origins: new Map() })

const level = (vars: Readonly<Record<string, unknown>>): Level => ({ vars: varsOf(vars), origins: new Map() })

const varsOf = (data: Readonly<Record<string, unknown>>): Vars =>
  Object.fromEntries(Object.entries(data).map(([name, value]) => [name, asVar(value)]))

/** Any plain data as what YAML would have given. */
function asVar(data: unknown): Value {
  if (Array.isArray(data)) return data.map(asVar)
  if (isMapping(data)) return varsOf(data)
  return typeof data === 'string' || typeof data === 'number' || typeof data === 'boolean' ? data : null
}
