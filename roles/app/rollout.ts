import {
  type Counter,
  type HostRollout,
  httpAnswers,
  ipFamily,
  likePeers,
  nginxUpstreamServer,
  type Peer,
  type RoleInput,
  sh,
} from 'provision'
import type { AppVars } from './vars.ts'

/** Out of the upstreams of all web servers that name the tier; then until nobody is connected any more. */
export function rollout({ host, vars, group }: RoleInput<AppVars>): HostRollout {
  const name = vars.app_name
  const port = vars.app_port
  const dir = vars.app_dir ?? `/srv/${name}`
  const hosts = group('all')
  const clients = webServers(host.tier, port, hosts)
  const requests = requestsOf(hosts)
  const on = clients.map((peer) => peer.name)
  const address = ipFamily(host.address) === 6 ? `[${host.address}]` : host.address
  const { drain, undrain } = nginxUpstreamServer({ on, server: `${address}:${port}` })
  return {
    serves: [`service:${name}.service`],
    // What calls for the restart is named too: on a host where all of it is new, nobody is in the way.
    disturbs: [
      `release:${name}`,
      `handler:restart ${name}`,
      `file:${dir}/config/*`,
      `systemd-unit:/etc/systemd/system/${name}.service`,
    ],
    drain: on.length > 0 ? [drain, idle(port, clients, vars.app_drain_timeout)] : [],
    undrain: on.length > 0 ? [undrain] : [],
    gates: [httpAnswers({ port, path: vars.app_health_path }, { within: vars.app_ready_timeout })],
    verify: likePeers({
      ...{ host, hosts, of: 'app_verify', options: vars.app_verify, requests },
      errors: [{ requests, errors: ['status', 'code'].map((label) => withLabel(requests, `${label}=~"5.."`)) }],
    }),
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

/** Who is connected beside the web servers asks for no page: the monitor keeps its connection from scrape to scrape. */
const idle = (port: number, clients: readonly Peer[], within: number) => ({
  name: 'no web server is connected',
  until: sh`
    from=$(getent ahosts ${clients.map(({ address }) => address)} | awk '{ print $1 }' | tr '\n' ' ')
    n=$(ss -Htn state established ${`( sport = :${port} )`} | awk -v from=" $from" '
      { peer = $4; sub(/:[0-9]+$/, "", peer); gsub(/[][]/, "", peer); sub(/^::ffff:/, "", peer) }
      index(from, " " peer " ") { n++ }
      END { print n + 0 }')
    if [ "$n" != 0 ]; then echo "$n connections"; exit 1; fi
  `,
  within,
})

function webServers(tier: string, port: number, peers: readonly Peer[]): Peer[] {
  return peers.filter(({ vars: { nginx_upstreams: upstreams } }) => {
    return (
      Array.isArray(upstreams) && upstreams.some((one) => isUpstream(one) && one.tier === tier && one.port === port)
    )
  })
}

const isUpstream = (value: unknown): value is { readonly tier: unknown; readonly port: unknown } =>
  typeof value === 'object' && value !== null && 'tier' in value && 'port' in value
