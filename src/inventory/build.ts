import type { Origin } from '../errors.ts'
import { step } from '../problems/pointer.ts'
import type { RolloutPolicy } from '../rollout/policy.ts'
import { type ConnectionContext, connectionSettings } from './connection.ts'
import type { Host, Origins, Tier } from './inventory.ts'
import { originAt } from './origins.ts'
import type { HostsFile, RolloutFile, SiteFile } from './schema.ts'
import { type Level, levelOf, mergeLevels, NO_VARS } from './vars.ts'

/** Data that passed its schema, and where its values were written. */
export interface Source<T> {
  readonly data: T
  readonly origins: Origins
}

export interface Sources {
  readonly site: Source<SiteFile>
  readonly hosts: Source<HostsFile>
  readonly groupVars: ReadonlyMap<string, Level>
  readonly hostVars: ReadonlyMap<string, Level>
  /** From `--var`: above everything. */
  readonly given: Level
  readonly connection: ConnectionContext
}

const NOWHERE: Origin = { file: '', line: 1, col: 1 }

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

/** All hosts in the order of the tiers, each with its vars merged by precedence and its connection complete. */
export function buildHosts(sources: Sources): Host[] {
  const { site, hosts } = sources
  return site.data.tiers.flatMap((tier, i) => {
    const members = hosts.data.tiers[tier.name]
    if (members === undefined) return []
    const shared = mergeLevels([
      levelOf(tier.vars, site.origins, `/tiers/${i}/vars`),
      sources.groupVars.get('all') ?? NO_VARS,
      sources.groupVars.get(tier.name) ?? NO_VARS,
    ])
    return Object.entries(members.hosts).map(([name, host]): Host => {
      const pointer = `/tiers${step(tier.name)}/hosts${step(name)}`
      const merged = mergeLevels([
        shared,
        levelOf(host.vars, hosts.origins, `${pointer}/vars`),
        sources.hostVars.get(name) ?? NO_VARS,
        sources.given,
      ])
      return {
        name,
        tier: tier.name,
        address: host.address,
        connection: connectionSettings(
          [hosts.data.connection, members.connection, host.connection],
          sources.connection,
        ),
        vars: merged.vars,
        origins: merged.origins,
        origin: originAt(hosts.origins, pointer) ?? NOWHERE,
      }
    })
  })
}
