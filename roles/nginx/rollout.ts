import { posix } from 'node:path'
import {
  backend,
  type Counter,
  type Failures,
  type HostRollout,
  haproxyServer,
  httpAnswers,
  ipFamily,
  isIn,
  likePeers,
  type Provided,
  program,
  prometheusApi,
  type RoleInput,
  scrape,
  sh,
  tierThroughput,
  unitActive,
  type ValueOf,
} from 'provision'
import { nginxPackage, nginxService, restarted } from './parts.ts'
import type { NginxVars } from './vars.ts'

type Backend = ValueOf<typeof backend>

/**
 * Out of the backends of all load balancers that have this host as a server, with the health path at 503 besides: a
 * haproxy that is started anew meanwhile has forgotten the drain.
 */
export function rollout(input: RoleInput<NginxVars>): HostRollout {
  const { host, vars, group, provided } = input
  const backends = backendsWith(host, provided(backend))
  const servers = backends.map(({ name, on, timeout }) =>
    haproxyServer({ on, backend: name, server: host.name, others: vars.nginx_rollout_others, timeout: timeout }),
  )
  const file = vars.nginx_drain_file
  const health = healthEndpoint(vars)
  const draining = {
    name: `${vars.nginx_health_path} answers 503`,
    run: sh`mkdir -p -- ${posix.dirname(file)}; : >${file}`,
  }
  const back = { name: `${vars.nginx_health_path} answers 200`, run: sh`rm -f -- ${file}` }
  const until = health && httpAnswers(health).until
  const monitors = provided(prometheusApi)
  const isCounted = provided(scrape, { host: host.name }).some(({ value }) => value.job === JOB)
  return {
    requiredServices: [nginxService()],
    disruptive: [nginxPackage(vars), restarted, ...programBehind(input)],
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
      ...{ host, peers: group(host.tier), monitors },
      ...{ of: 'nginx_verify', options: vars.nginx_verify },
      requests: { ...REQUESTS, matchers: [`job="${JOB}"`] },
      errors: backends.map(({ name }) => failuresIn(name)),
    }),
    ...(isCounted && {
      throughput: tierThroughput({
        monitors,
        requests: { ...REQUESTS, matchers: [`job="${JOB}"`, `tier="${host.tier}"`] },
        errors: failuresOf(backends.map(({ name }) => name)),
      }),
    }),
  }
}

/**
 * What restarts a program that this nginx alone stands before, and that it has nothing beside: while that is away, this web
 * server has no answer, so it is taken out itself.
 */
function programBehind({ host, vars, group, provided }: RoleInput<NginxVars>): string[] {
  const here = ['127.0.0.1', 'localhost', '[::1]', ipFamily(host.address) === 6 ? `[${host.address}]` : host.address]
  const others = provided(program, { host: host.name }).filter(({ role }) => role !== 'nginx')
  return others.flatMap(({ value: { ports, disruptive = [] } }) => {
    const own = new Set(ports.flatMap((port) => here.map((address) => `${address}:${port}`)))
    const isAlone = ({ tier, port, servers }: NginxVars['nginx_upstreams'][number]): boolean => {
      const members = tier === undefined ? [] : group(tier)
      return (
        servers.length + members.length > 0 &&
        servers.every(({ addr }) => own.has(addr)) &&
        members.every(({ address }) => own.has(`${address}:${port}`))
      )
    }
    return vars.nginx_upstreams.some(isAlone) ? disruptive : []
  })
}

/** What nginx_exporter tells. */
const JOB = 'nginx'
const REQUESTS = { metric: 'nginx_http_requests_total' }

/** nginx counts requests and not what came of them: the load balancers know, by server. */
function failuresIn(proxy: string): Failures {
  const metric = 'haproxy_server_http_responses_total'
  const matchers = [`proxy="${proxy}"`]
  return {
    label: 'server',
    requests: { metric, matchers },
    errors: [{ metric, matchers: [...matchers, 'code="5xx"'] }],
  }
}

/** The same of all servers of these backends together. */
const failuresOf = (proxies: readonly string[]): Counter[] =>
  proxies.length === 0
    ? []
    : [
        {
          metric: 'haproxy_server_http_responses_total',
          matchers: [`proxy=~"${proxies.join('|')}"`, 'code="5xx"'],
        },
      ]

interface BackendOf {
  readonly name: string
  readonly on: readonly string[]
  readonly timeout: number
}

/** Backends that name the host's tier, or a group of it, as their servers, with the hosts that balance them. */
function backendsWith(server: RoleInput<NginxVars>['host'], backends: readonly Provided<Backend>[]): BackendOf[] {
  const found = new Map<string, { on: string[]; timeout: number }>()
  for (const { host, value } of backends) {
    if (value.tier === undefined || !isIn(server, value.tier)) continue
    const one = found.get(value.name) ?? { on: [], timeout: value.drainTimeout }
    one.on.push(host.name)
    found.set(value.name, one)
  }
  return [...found].map(([name, one]) => ({ name, ...one }))
}

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
