import {
  type Counter,
  type FirstHost,
  type HostRollout,
  httpAnswers,
  ipFamily,
  likePeers,
  nginxUpstreamServer,
  type Peer,
  type RoleInput,
  sh,
} from 'provision'
import { migratingHost } from './migrations.ts'
import { appService, disruptive, releaseOf } from './parts.ts'
import type { AppVars } from './vars.ts'

type Host = RoleInput<AppVars>['host']

/** Out of the upstreams of all web servers that can go on without it; then until none of them is connected any more. */
export function rollout({ host, vars, group }: RoleInput<AppVars>): HostRollout {
  const port = vars.app_port
  const hosts = group('all')
  const address = ipFamily(host.address) === 6 ? `[${host.address}]` : host.address
  const clients = webServers({ name: host.name, tier: host.tier, server: `${address}:${port}`, port }, hosts)
  const requests = requestsOf(hosts)
  const on = clients.map((peer) => peer.name)
  const out = [...new Set(clients.map((peer) => peer.server))].map((server) =>
    nginxUpstreamServer({ on: clients.filter((peer) => peer.server === server).map((peer) => peer.name), server }),
  )
  return {
    requiredServices: [appService(vars)],
    disruptive: disruptive(vars),
    ...(vars.app_migrate_cmd !== undefined && { first: migratesFirst(vars, host, group) }),
    drain: on.length > 0 ? [...out.map(({ drain }) => drain), idle(port, clients, vars.app_drain_timeout)] : [],
    undrain: out.map(({ undrain }) => undrain),
    gates: [httpAnswers({ port, path: vars.app_health_path }, { within: vars.app_ready_timeout })],
    verify: likePeers({
      ...{ host, hosts, of: 'app_verify', options: vars.app_verify, requests },
      errors: [{ requests, errors: ['status', 'code'].map((label) => withLabel(requests, `${label}=~"5.."`)) }],
    }),
  }
}

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]']

/** The other hosts run the new release only once its migrations are over. */
function migratesFirst(vars: AppVars, host: Host, group: RoleInput<AppVars>['group']): FirstHost {
  const first = migratingHost(vars, host, group) ?? host.name
  return {
    host: first,
    changes: [releaseOf(vars)],
    fields: ['version', 'artifact', 'migrations'],
    what: `migrations of ${vars.app_name}`,
    hint: `take ${first} along (where it has this release, nothing is done there), or say who else migrates: --var app_migrate_on=HOST`,
  }
}

/** The counter that the monitor knows the application's requests by. */
function requestsOf(hosts: readonly Peer[]): Counter {
  const metrics = hosts.map(({ vars }) => vars.prometheus_app_requests)
  const metric = metrics.find((one) => typeof one === 'string') ?? 'http_requests_total'
  return { metric, matchers: ['job="app"'] }
}

const withLabel = ({ metric, matchers = [] }: Counter, matcher: string): Counter => ({
  metric,
  matchers: [...matchers, matcher],
})

/** Where its connections come from. */
const sources = ({ address, server }: Client): string[] =>
  LOOPBACK.some((one) => server.startsWith(`${one}:`)) ? ['127.0.0.1', '::1'] : [address]

/** Who is connected beside the web servers asks for no page: the monitor keeps its connection from scrape to scrape. */
const idle = (port: number, clients: readonly Client[], within: number) => ({
  name: 'no web server is connected',
  until: sh`
    from=$(getent ahosts ${clients.flatMap(sources)} | awk '{ print $1 }' | tr '\n' ' ')
    n=$(ss -Htn state established ${`( sport = :${port} )`} | awk -v from=" $from" '
      { peer = $4; sub(/:[0-9]+$/, "", peer); gsub(/[][]/, "", peer); sub(/^::ffff:/, "", peer) }
      index(from, " " peer " ") { n++ }
      END { print n + 0 }')
    if [ "$n" != 0 ]; then echo "$n connections"; exit 1; fi
  `,
  within,
})

/** A web server that sends requests here, and what its upstreams call this host's program. */
interface Client extends Peer {
  readonly server: string
}

interface Here {
  readonly name: string
  readonly tier: string
  /** `address:port` */
  readonly server: string
  readonly port: number
}

/**
 * Web servers that can send their requests elsewhere meanwhile: those that have the tier as an upstream, or this server by
 * its address beside others. This host's own nginx may know it by a loopback address. Where an upstream has this server
 * alone, nothing can be drained here: the web server itself has to be (role nginx does so for a program on its own host).
 */
function webServers(here: Here, peers: readonly Peer[]): Client[] {
  return peers.flatMap((peer) => {
    const { nginx_upstreams: upstreams } = peer.vars
    const found = (Array.isArray(upstreams) ? upstreams : []).flatMap((one) =>
      isUpstream(one) ? (serverIn(one, here, peer.name) ?? []) : [],
    )
    return [...new Set(found)].map((server) => ({ ...peer, server }))
  })
}

function serverIn(upstream: Upstream, { name, tier, server, port }: Here, peer: string): string | undefined {
  if (upstream.tier === tier && upstream.port === port) return server
  const names = (Array.isArray(upstream.servers) ? upstream.servers : []).flatMap(addressIn)
  const called = peer === name ? [server, ...LOOPBACK.map((address) => `${address}:${port}`)] : [server]
  return names.length > 1 || upstream.tier !== undefined ? names.find((one) => called.includes(one)) : undefined
}

interface Upstream {
  readonly tier?: unknown
  readonly port?: unknown
  readonly servers?: unknown
}

const isUpstream = (value: unknown): value is Upstream => typeof value === 'object' && value !== null

const addressIn = (server: unknown): string[] =>
  typeof server === 'object' && server !== null && 'addr' in server && typeof server.addr === 'string'
    ? [server.addr]
    : []
