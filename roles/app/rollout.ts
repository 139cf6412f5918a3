import {
  type Counter,
  type FirstHost,
  type HostRollout,
  httpAnswers,
  ipFamily,
  isIn,
  likePeers,
  nginxUpstreamServer,
  type Provided,
  prometheusApi,
  type RoleInput,
  sh,
  tierThroughput,
  upstream,
  type ValueOf,
} from 'provision'
import { migratingHost } from './migrations.ts'
import { appService, disruptive, releaseOf } from './parts.ts'
import type { AppVars } from './vars.ts'

type Host = RoleInput<AppVars>['host']
type Upstream = ValueOf<typeof upstream>

/** Out of the upstreams of all web servers that can go on without it; then until none of them is connected any more. */
export function rollout({ host, vars, group, provided }: RoleInput<AppVars>): HostRollout {
  const port = vars.app_port
  const address = ipFamily(host.address) === 6 ? `[${host.address}]` : host.address
  const clients = webServers({ ...host, server: `${address}:${port}`, port }, provided(upstream))
  const monitors = provided(prometheusApi)
  // The counter that the monitor knows the application's requests by.
  const metric = monitors[0]?.value.appRequests ?? 'http_requests_total'
  const requests: Counter = { metric, matchers: ['job="app"'] }
  const on = clients.map((peer) => peer.name)
  const errors = ['status', 'code'].map((label) => withLabel(requests, `${label}=~"5.."`))
  const ofTier = `tier="${host.tier}"`
  const out = [...new Set(clients.map((peer) => peer.server))].map((server) =>
    nginxUpstreamServer({ on: clients.filter((peer) => peer.server === server).map((peer) => peer.name), server }),
  )
  return {
    requiredServices: [appService(vars)],
    disruptive: disruptive(vars),
    ...(vars.app_migrate_cmd !== undefined && { first: migratesFirst(vars, host, group) }),
    drain: on.length > 0 ? [...out.map(({ drain }) => drain), idle(port, clients, vars.app_drain_timeout)] : [],
    undrain: out.map(({ undrain }) => undrain),
    gates: [httpAnswers({ port, path: vars.app_health_path }, { timeout: vars.app_ready_timeout })],
    verify: likePeers({
      ...{ host, peers: group(host.tier), monitors, of: 'app_verify', options: vars.app_verify, requests },
      errors: [{ requests, errors }],
    }),
    ...(vars.app_metrics && {
      throughput: tierThroughput({
        ...{ monitors, requests: withLabel(requests, ofTier) },
        errors: errors.map((one) => withLabel(one, ofTier)),
      }),
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

const withLabel = ({ metric, matchers = [] }: Counter, matcher: string): Counter => ({
  metric,
  matchers: [...matchers, matcher],
})

/** Where its connections come from. */
const sources = ({ address, server }: Client): string[] =>
  LOOPBACK.some((one) => server.startsWith(`${one}:`)) ? ['127.0.0.1', '::1'] : [address]

/** Who is connected beside the web servers asks for no page: the monitor keeps its connection from scrape to scrape. */
const idle = (port: number, clients: readonly Client[], timeout: number) => ({
  name: 'no web server is connected',
  until: sh`
    from=$(getent ahosts ${clients.flatMap(sources)} | awk '{ print $1 }' | tr '\n' ' ')
    n=$(ss -Htn state established ${`( sport = :${port} )`} | awk -v from=" $from" '
      { peer = $4; sub(/:[0-9]+$/, "", peer); gsub(/[][]/, "", peer); sub(/^::ffff:/, "", peer) }
      index(from, " " peer " ") { n++ }
      END { print n + 0 }')
    if [ "$n" != 0 ]; then echo "$n connections"; exit 1; fi
  `,
  timeout,
})

/** A web server that sends requests here, and what its upstreams call this host's program. */
interface Client {
  readonly name: string
  readonly address: string
  readonly server: string
}

interface Here extends Pick<Host, 'name' | 'tier' | 'groups'> {
  /** `address:port` */
  readonly server: string
  readonly port: number
}

/**
 * Web servers that can send their requests elsewhere meanwhile: those that have its tier or a group of it as an upstream, or
 * this server by its address beside others. This host's own nginx may know it by a loopback address. Where an upstream has this server
 * alone, nothing can be drained here: the web server itself has to be (role nginx does so for a program on its own host).
 */
function webServers(here: Here, upstreams: readonly Provided<Upstream>[]): Client[] {
  const found = upstreams.flatMap(({ host: { name, address }, value }) => {
    const server = serverIn(value, here, name)
    return server === undefined ? [] : [{ name, address, server }]
  })
  return [...new Map(found.map((one) => [`${one.name} ${one.server}`, one])).values()]
}

function serverIn(upstream: Upstream, here: Here, peer: string): string | undefined {
  const { name, server, port } = here
  if (upstream.tier !== undefined && isIn(here, upstream.tier) && upstream.port === port) return server
  const { servers } = upstream
  const called = peer === name ? [server, ...LOOPBACK.map((address) => `${address}:${port}`)] : [server]
  return servers.length > 1 || upstream.tier !== undefined ? servers.find((one) => called.includes(one)) : undefined
}
