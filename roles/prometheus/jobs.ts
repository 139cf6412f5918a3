import { type Peer, socketOf } from 'provision'
import type { Link, PrometheusVars } from './vars.ts'

/** One target; its name and everything else about it are labels. Those with two underscores say how to ask. */
export interface Target {
  readonly address: string
  readonly labels: Readonly<Record<string, string>>
}

export interface Job {
  readonly name: string
  readonly path: string
  readonly targets: readonly Target[]
}

/** Labels that tell targets of one job apart. */
export const IDENTITY = ['instance', 'from', 'port'] as const

/** A host is a target of a job when its role's port is among its vars: roles bring it, the inventory may change it. */
const EXPORTERS: readonly (readonly [job: string, portVar: string])[] = [
  ['node', 'node_exporter_port'],
  ['haproxy', 'haproxy_metrics_port'],
  ['nginx', 'nginx_exporter_port'],
  ['mysqld', 'mysqld_exporter_port'],
  ['blackbox', 'blackbox_exporter_port'],
]

/** Everything that is to be scraped, out of the inventory. A job without targets is left out. */
export function jobsOf(vars: PrometheusVars, peers: readonly Peer[], self: Peer): Job[] {
  const metrics = (name: string, targets: readonly Target[]): Job => ({ name, path: '/metrics', targets })
  const probes = (name: string, targets: readonly Target[]): Job => ({ name, path: '/probe', targets })
  return [
    metrics('prometheus', [hostTarget(self, vars.prometheus_port)]),
    ...EXPORTERS.map(([name, portVar]) => metrics(name, targetsBy(peers, [portVar]))),
    metrics(
      'app',
      targetsBy(
        peers.filter(({ tier }) => tier === vars.prometheus_app_tier),
        ['app_metrics_port', 'app_port'],
      ),
    ),
    probes(
      'link',
      vars.prometheus_links.flatMap((link) => linkTargets(link, peers)),
    ),
    probes('vip', vipTargets(vars, peers, self)),
    probes('tls', tlsTargets(vars, self)),
    ...vars.prometheus_jobs.map(({ name, path, targets }) => ({
      name,
      path,
      targets: targets.map(({ instance, address, labels }) => ({ address, labels: { instance, ...labels } })),
    })),
  ].filter(({ targets }) => targets.length > 0)
}

/** Floating addresses: those that the var lists, or those of all keepalived instances. */
export function vipsOf(vars: PrometheusVars, peers: readonly Peer[]): string[] {
  const found = peers.flatMap((peer) =>
    listOf(peer.vars.keepalived_instances).flatMap((one) => [field(one, 'vip'), ...listOf(field(one, 'extra_vips'))]),
  )
  const own = found.flatMap((vip) => (typeof vip === 'string' ? [vip.replace(/\/\d+$/, '')] : []))
  return [...new Set(vars.prometheus_vips ?? own)]
}

const hostTarget = (peer: Peer, port: number): Target => ({
  address: socketOf(peer.address, port),
  labels: { instance: peer.name, tier: peer.tier },
})

const targetsBy = (peers: readonly Peer[], portVars: readonly string[]): Target[] =>
  peers.flatMap((peer) => {
    const port = portVars.map((name) => portOf(peer, name)).find((one) => one !== undefined)
    return port === undefined ? [] : [hostTarget(peer, port)]
  })

/** Each host of the one tier asks each host of the other: what the firewall and the network between them do, counts. */
function linkTargets({ from, to, probe, port, port_var, path }: Link, peers: readonly Peer[]): Target[] {
  const sources = peers.filter(({ tier }) => tier === from)
  return sources.flatMap((source) =>
    peers
      .filter(({ tier, name }) => tier === to && name !== source.name)
      .flatMap((target) => {
        const wanted = (port_var === undefined ? undefined : portOf(target, port_var)) ?? port
        if (wanted === undefined) return []
        const socket = socketOf(target.address, wanted)
        const labels = { instance: target.name, tier: to, from_tier: from, port: String(wanted) }
        return probeBy(source, probe, probe === 'http' ? `http://${socket}${path}` : socket, labels)
      }),
  )
}

const vipTargets = (vars: PrometheusVars, peers: readonly Peer[], self: Peer): Target[] =>
  vipsOf(vars, peers).flatMap((vip) => {
    const url = `http://${socketOf(vip, vars.prometheus_vip_port)}${vars.prometheus_vip_path}`
    return probeBy(self, 'http', url, { instance: vip, port: String(vars.prometheus_vip_port) })
  })

const tlsTargets = (vars: PrometheusVars, self: Peer): Target[] =>
  vars.prometheus_tls_targets.flatMap((address) => probeBy(self, 'tls', address, { instance: address }))

/** A question that the blackbox exporter of a host asks for us; none without such an exporter. */
function probeBy(source: Peer, module: string, target: string, labels: Target['labels']): Target[] {
  const port = portOf(source, 'blackbox_exporter_port')
  if (port === undefined) return []
  const address = socketOf(source.address, port)
  return [{ address, labels: { ...labels, from: source.name, __param_module: module, __param_target: target } }]
}

const portOf = (peer: Peer, name: string): number | undefined => {
  const value = peer.vars[name]
  return typeof value === 'number' ? value : undefined
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
