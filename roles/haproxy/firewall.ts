import { type Peer, type Resource, tierAddresses, ufwRule } from 'provision'
import { openPorts } from './binds.ts'
import type { HaproxyVars } from './vars.ts'

/** What has to be open: the frontends' ports as they say, and the metrics for who reads them. */
export function firewallRules(vars: HaproxyVars, peers: readonly Peer[], self: string): Resource[] {
  const clients = clientsByPort(vars, peers)
  const others = peers.filter((peer) => peer.name !== self)
  const readers =
    vars.haproxy_metrics_allow_from.length > 0
      ? vars.haproxy_metrics_allow_from
      : tierAddresses(others, [vars.haproxy_monitor_tier], 'haproxy_metrics_allow_from')
  return [
    ...[...clients].map(([port, from]) => allow(port, from.includes('any') ? 'any' : from, 'haproxy')),
    ...(readers.length > 0 ? [allow(vars.haproxy_metrics_port, readers, 'haproxy metrics')] : []),
  ]
}

const allow = (port: number, from: string | readonly string[], comment: string): Resource =>
  ufwRule({ action: 'allow', proto: 'tcp', port, from, comment })

/** Two frontends may have one port on two addresses: the firewall knows the port only. */
function clientsByPort(vars: HaproxyVars, peers: readonly Peer[]): Map<number, string[]> {
  const ports = new Map<number, string[]>()
  for (const frontend of vars.haproxy_frontends) {
    const named = [...frontend.allow_from, ...tierAddresses(peers, frontend.allow_from_tiers, 'allow_from')]
    const from = named.length > 0 ? named : ['any']
    for (const port of openPorts(frontend)) ports.set(port, [...new Set([...(ports.get(port) ?? []), ...from])])
  }
  return ports
}
