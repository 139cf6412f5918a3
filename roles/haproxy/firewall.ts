import {
  allowFrom,
  listedOrAny,
  listedOrTier,
  metricsReader,
  type Nested,
  type Peer,
  type Resource,
  type RoleInput,
  ufwRule,
} from 'provision'
import { openPorts } from './binds.ts'
import type { HaproxyVars } from './vars.ts'

/** What has to be open: the frontends' ports as they say, and the metrics for who reads them. */
export function firewallRules(
  input: Pick<RoleInput<HaproxyVars>, 'host' | 'vars' | 'group' | 'provided'>,
): Nested<Resource> {
  const { vars, group } = input
  const readers = listedOrTier(
    input,
    vars.haproxy_metrics_allow_from,
    vars.haproxy_monitor_tier,
    'haproxy_metrics_allow_from',
    metricsReader,
  )
  return [
    [...clientsByPort(vars, group('all'))].map(([port, from]) =>
      ufwRule({ action: 'allow', proto: 'tcp', port, from: from.includes('any') ? 'any' : from, comment: 'haproxy' }),
    ),
    allowFrom(readers, { port: vars.haproxy_metrics_port, comment: 'haproxy metrics' }),
  ]
}

/** Two frontends may have one port on two addresses: the firewall knows the port only. */
function clientsByPort(vars: HaproxyVars, peers: readonly Peer[]): Map<number, string[]> {
  const ports = new Map<number, string[]>()
  for (const frontend of vars.haproxy_frontends) {
    const from = [listedOrAny(peers, frontend.allow_from, frontend.allow_from_tiers, 'allow_from')].flat()
    for (const port of openPorts(frontend)) ports.set(port, [...new Set([...(ports.get(port) ?? []), ...from])])
  }
  return ports
}
