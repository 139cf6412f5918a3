import { posix } from 'node:path'
import {
  type Failures,
  type HostRollout,
  haproxyServer,
  httpAnswers,
  ipFamily,
  likePeers,
  type Peer,
  type RoleInput,
  sh,
  unitActive,
} from 'provision'
import { nginxPackage, nginxService, restarted } from './parts.ts'
import type { NginxVars } from './vars.ts'

type Host = RoleInput<NginxVars>['host']

/**
 * Out of the backends of all load balancers that have this host as a server, with the health path at 503 besides: a
 * haproxy that is started anew meanwhile has forgotten the drain.
 */
export function rollout({ host, vars, group }: RoleInput<NginxVars>): HostRollout {
  const hosts = group('all')
  const backends = backendsWith(host.tier, hosts)
  const servers = backends.map(({ backend, on, timeout }) =>
    haproxyServer({ on, backend, server: host.name, others: vars.nginx_rollout_others, within: timeout }),
  )
  const file = vars.nginx_drain_file
  const health = healthEndpoint(vars)
  const draining = {
    name: `${vars.nginx_health_path} answers 503`,
    run: sh`mkdir -p -- ${posix.dirname(file)}; : >${file}`,
  }
  const back = { name: `${vars.nginx_health_path} answers 200`, run: sh`rm -f -- ${file}` }
  const until = health && httpAnswers(health).until
  return {
    requiredServices: [nginxService()],
    disruptive: [nginxPackage(vars), restarted, ...programBehind(host, vars, hosts)],
    preflight: servers.map(({ preflight }) => preflight),
    // Of hosts that no load balancer knows, nobody can be told to stay away.
    drain: servers.length > 0 ? [...servers.map(({ drain }) => drain), draining] : [],
    undrain: servers.length > 0 ? [{ ...back, ...(until && { until }) }, ...servers.map(({ undrain }) => undrain)] : [],
    gates: [
      unitActive('nginx.service'),
      // 503 while it drains; what counts is that the new configuration answers.
      ...(health ? [httpAnswers({ ...health, status: [200, 503] })] : []),
    ],
    verify: likePeers({
      ...{ host, hosts, of: 'nginx_verify', options: vars.nginx_verify },
      requests: { metric: 'nginx_http_requests_total', matchers: ['job="nginx"'] },
      errors: backends.map(({ backend }) => failuresIn(backend)),
    }),
  }
}

/**
 * What restarts a program (role app) that this nginx alone stands before, and that it has nothing beside: while that is
 * away, this web server has no answer, so it is taken out itself.
 */
function programBehind(host: Host, { nginx_upstreams: upstreams }: NginxVars, peers: readonly Peer[]): string[] {
  const own = peers.find(({ name }) => name === host.name)?.vars
  const { app_name: name, app_port: port, app_dir: dir } = own ?? {}
  if (typeof name !== 'string' || typeof port !== 'number') return []
  const here = ['127.0.0.1', 'localhost', '[::1]', ipFamily(host.address) === 6 ? `[${host.address}]` : host.address]
  const isAlone = ({ tier, port: ofTier, servers }: NginxVars['nginx_upstreams'][number]): boolean => {
    const members = tier === undefined ? [] : peers.filter((peer) => peer.tier === tier)
    const addresses = [...servers.map(({ addr }) => addr), ...members.map(({ address }) => `${address}:${ofTier}`)]
    return addresses.length > 0 && addresses.every((one) => here.some((address) => one === `${address}:${port}`))
  }
  if (!upstreams.some(isAlone)) return []
  const folder = typeof dir === 'string' ? dir : `/srv/${name}`
  return [
    `release:${name}`,
    `handler:restart ${name}`,
    `file:${folder}/config/*`,
    `systemd-unit:/etc/systemd/system/${name}.service`,
  ]
}

/** nginx counts requests and not what came of them: the load balancers know, by server. */
function failuresIn(backend: string): Failures {
  const metric = 'haproxy_server_http_responses_total'
  const matchers = [`proxy="${backend}"`]
  return {
    label: 'server',
    requests: { metric, matchers },
    errors: [{ metric, matchers: [...matchers, 'code="5xx"'] }],
  }
}

interface BackendOf {
  readonly backend: string
  readonly on: readonly string[]
  readonly timeout: number | undefined
}

/** Backends that name the tier as their servers, with the hosts that balance them. */
function backendsWith(tier: string, peers: readonly Peer[]): BackendOf[] {
  const found = new Map<string, { on: string[]; timeout: number | undefined }>()
  for (const { name, vars } of peers) {
    const { haproxy_backends: backends, haproxy_drain_timeout: timeout } = vars
    for (const backend of Array.isArray(backends) ? backends : []) {
      if (!isBackend(backend) || backend.tier !== tier) continue
      const one = found.get(backend.name) ?? { on: [], timeout: typeof timeout === 'number' ? timeout : undefined }
      one.on.push(name)
      found.set(backend.name, one)
    }
  }
  return [...found].map(([backend, one]) => ({ backend, ...one }))
}

const isBackend = (value: unknown): value is { readonly name: string; readonly tier: unknown } =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string' && 'tier' in value

/** Where the health path can be asked without TLS. */
function healthEndpoint({ nginx_sites: sites, nginx_health_path: path }: NginxVars) {
  const plain = sites
    .filter(({ tls }) => tls === undefined)
    .flatMap(({ server_name, listen = [80] }) => listen.map((one) => ({ listen: String(one), host: server_name[0] })))
  const [first] = plain
  if (first === undefined) return undefined
  const at = /^(?:\[?([^\]]*)\]?:)?(\d+)$/.exec(first.listen)
  const host = first.host !== undefined && /^[A-Za-z0-9.-]+$/.test(first.host) ? first.host : undefined
  return { path, port: Number(at?.[2] ?? 80), address: at?.[1] === '*' ? undefined : at?.[1], host }
}
