import { ProvisionError } from '../../errors.ts'
import { covers, coversConnection, type Policy, type SshConnection, verdict } from './access.ts'
import { describeMatch, isTagged, type RuleDesired, type Spec } from './declared.ts'
import { diffUfw } from './diff.ts'
import type { FirewallActual, FirewallDesired, RuleActual, SpecActual, UfwActual, UfwDesired } from './model.ts'
import { deciders, misplaced } from './order.ts'
import { type HostState, isActive, isInSync } from './probe.ts'
import { matchOf, type Tuple } from './tuple.ts'

/**
 * What each resource finds on the host, in the order of `all`.
 * @throws ProvisionError when two rules contradict each other, or when the changes would shut the tool out.
 */
export function actualStates(all: readonly UfwDesired[], host: HostState): UfwActual[] {
  refuseContradictions(all)
  const firewall = all.find((desired) => desired.sort === 'firewall')
  // Rules for IPv6 exist only where ufw is told, and able, to use it.
  const ipv6 = host.ipv6Kernel && (firewall?.ipv6 ?? (host.ipv6 || !host.installed))
  const present = host.tuples.filter((tuple) => ipv6 || tuple.family === 4)
  const specs = all.flatMap((desired) =>
    desired.sort === 'rule' ? desired.specs.map((spec) => ({ desired, spec })) : [],
  )
  const wanted = specs.filter(({ desired }) => desired.state === 'present').map(({ spec }) => inUse(spec, ipv6))
  const moved = new Set([...misplaced(wanted, present)].map((i) => wanted[i]?.tuples.map(matchOf).join('|')))
  const byMatch = new Map(present.map((tuple) => [matchOf(tuple), tuple]))
  const undeclared = undeclaredOf(present, all)
  const purge = firewall?.purge ?? 'none'
  const staying = undeclared.filter((tuple) => !isStale(tuple, purge))
  const actualOf = (spec: Spec): SpecActual => {
    const used = inUse(spec, ipv6)
    const overruled = staying.length === 0 ? [] : deciders(used, staying, present)
    return {
      ...(overruled.length > 0 && { overruled }),
      tuples: used.tuples.flatMap((tuple) => byMatch.get(matchOf(tuple)) ?? []),
      move: moved.has(used.tuples.map(matchOf).join('|')),
      ssh: host.ssh !== undefined && used.tuples.some((tuple) => host.ssh !== undefined && covers(tuple, host.ssh)),
    }
  }
  const common = { ipv6, checked: checkedFor(host.ssh), active: host.enabled && isActive(host) }
  const states = all.map((desired): UfwActual => {
    if (desired.sort === 'rule')
      return { sort: 'rule', ...common, specs: desired.specs.map(actualOf) } satisfies RuleActual
    const stale = undeclared.filter((tuple) => isStale(tuple, desired.purge))
    return {
      sort: 'firewall',
      ...common,
      ...firewallState(host),
      stale,
      foreign: undeclared.filter((t) => !stale.includes(t)),
    }
  })
  const changes = all.some((desired, i) => diffUfw(desired, states[i] ?? 'absent') !== undefined)
  // With nothing to change, the connection itself has shown that it gets in.
  if (changes && host.ssh)
    refuseLockout(all, firewall, finalRules(wanted, moved, present, all, firewall), host, host.ssh)
  return states
}

type Common = 'sort' | 'ipv6' | 'checked' | 'active' | 'stale' | 'foreign'
const firewallState = (host: HostState): Omit<FirewallActual, Common> => ({
  installed: host.installed,
  enabled: host.enabled,
  running: isActive(host),
  inSync: isInSync(host),
  incoming: host.incoming,
  outgoing: host.outgoing,
  routed: host.routed,
  logging: host.logging,
  ipv6Setting: host.ipv6,
})

/** The address and port that the plan was checked for: the script compares them with those of its own connection. */
const checkedFor = (ssh: SshConnection | undefined): string | undefined => ssh && `${ssh.client} ${ssh.port}`

const inUse = (spec: Spec, ipv6: boolean): Spec => ({
  tuples: spec.tuples.filter((tuple) => ipv6 || tuple.family === 4),
})

const undeclaredOf = (present: readonly Tuple[], all: readonly UfwDesired[]): Tuple[] => {
  const declared = new Set(all.flatMap((desired) => (desired.sort === 'rule' ? tuplesOf(desired).map(matchOf) : [])))
  return present.filter((tuple) => !declared.has(matchOf(tuple)))
}

const isStale = (tuple: Tuple, purge: FirewallDesired['purge']): boolean =>
  purge === 'all' || (purge === 'tagged' && isTagged(tuple))

const tuplesOf = (desired: RuleDesired): Tuple[] => desired.specs.flatMap((spec) => spec.tuples)

/** The rules as they will be: those that stay, in their places and with their new effect, then those made anew. */
const finalRules = (
  wanted: readonly Spec[],
  moved: ReadonlySet<string | undefined>,
  present: readonly Tuple[],
  all: readonly UfwDesired[],
  firewall: FirewallDesired | undefined,
): Tuple[] => {
  const removed = new Set(
    all.flatMap((desired) =>
      desired.sort === 'rule' && desired.state === 'absent' ? tuplesOf(desired).map(matchOf) : [],
    ),
  )
  const byMatch = new Map(wanted.flatMap((spec) => spec.tuples.map((tuple) => [matchOf(tuple), tuple] as const)))
  const isMoved = (spec: Spec) => moved.has(spec.tuples.map(matchOf).join('|'))
  const movedMatches = new Set(wanted.filter(isMoved).flatMap((spec) => spec.tuples.map(matchOf)))
  const undeclared = new Set(undeclaredOf(present, all))
  const staying = present
    .filter((tuple) => !movedMatches.has(matchOf(tuple)) && !removed.has(matchOf(tuple)))
    .filter((tuple) => !undeclared.has(tuple) || !isStale(tuple, firewall?.purge ?? 'none'))
    .map((tuple) => byMatch.get(matchOf(tuple)) ?? tuple)
  const there = new Set(staying.map(matchOf))
  return [...staying, ...wanted.flatMap((spec) => spec.tuples).filter((tuple) => !there.has(matchOf(tuple)))]
}

const refuseContradictions = (all: readonly UfwDesired[]): void => {
  const seen = new Map<string, string>()
  for (const desired of all) {
    if (desired.sort !== 'rule') continue
    for (const spec of desired.specs) {
      for (const tuple of spec.tuples) {
        const effect = desired.state === 'absent' ? 'absent' : `${tuple.action} ${tuple.log}`
        const other = seen.get(matchOf(tuple))
        if (other !== undefined && other !== effect)
          throw new ProvisionError(`ufw rules contradict each other: ${describeMatch(spec)}`, {
            code: 'input',
            hint: 'ufw keeps one rule for one match: declare it once',
          })
        seen.set(matchOf(tuple), effect)
      }
    }
  }
}

const refuseLockout = (
  all: readonly UfwDesired[],
  firewall: FirewallDesired | undefined,
  rules: readonly Tuple[],
  host: HostState,
  ssh: SshConnection,
): void => {
  const policy: Policy = firewall?.incoming ?? host.incoming
  if (!(firewall?.enabled ?? host.enabled)) return
  const { client, port } = ssh
  if (client.includes(':') && ssh.iface !== 'lo' && firewall?.ipv6 === false)
    throw new ProvisionError(`ufw would lock provision out: it is connected from ${client} and ipv6 is to be off`, {
      code: 'apply',
      hint: 'connect to the IPv4 address of the host, or leave ipv6 on',
    })
  if (!coversConnection(rules, ssh, policy)) {
    const { by } = verdict(rules, policy, ssh)
    const why = by ? `the rule '${by.action} ${matchOf(by)}' stands before any that allows it` : 'no rule allows it'
    throw new ProvisionError(`ufw would lock provision out: tcp port ${port} from ${client}: ${why}`, {
      code: 'apply',
      hint: `declare ufwRule({ action: 'allow', proto: 'tcp', port: ${port}, from: … }) that covers ${client}`,
    })
  }
  const { by } = verdict(rules, policy, ssh)
  if (by?.action !== 'limit' || ssh.iface === 'lo') return
  const consent = all.some(
    (desired) =>
      desired.sort === 'rule' && desired.limitSsh && tuplesOf(desired).some((t) => matchOf(t) === matchOf(by)),
  )
  if (!consent)
    throw new ProvisionError(`ufw would throttle provision: a limit rule covers tcp port ${port}`, {
      code: 'apply',
      hint: 'a run opens more than 6 connections in 30 s: use allow, or set limitSsh on the rule',
    })
}
