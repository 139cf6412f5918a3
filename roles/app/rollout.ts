import { type HostRollout, httpAnswers, ipFamily, nginxUpstreamServer, type Peer, type RoleInput, sh } from 'provision'
import type { AppVars } from './vars.ts'

/** Out of the upstreams of all web servers that name the tier; then until nobody is connected any more. */
export function rollout({ host, vars, group }: RoleInput<AppVars>): HostRollout {
  const name = vars.app_name
  const port = vars.app_port
  const dir = vars.app_dir ?? `/srv/${name}`
  const on = webServers(host.tier, port, group('all'))
  const address = ipFamily(host.address) === 6 ? `[${host.address}]` : host.address
  const { drain, undrain } = nginxUpstreamServer({ on, server: `${address}:${port}` })
  return {
    // What calls for the restart is named too: on a host where all of it is new, nobody is in the way.
    disturbs: [
      `release:${name}`,
      `handler:restart ${name}`,
      `file:${dir}/config/*`,
      `systemd-unit:/etc/systemd/system/${name}.service`,
    ],
    drain: on.length > 0 ? [drain, idle(port, vars.app_drain_timeout)] : [],
    undrain: on.length > 0 ? [undrain] : [],
    gates: [httpAnswers({ port, path: vars.app_health_path }, { within: vars.app_ready_timeout })],
  }
}

/** Requests of the host itself (its health check) are none of a client. */
const idle = (port: number, within: number) => ({
  name: 'nobody is connected',
  until: sh`
    n=$(ss -Htn state established ${`( sport = :${port} )`} | awk '$4 !~ /^(127\\.|\\[::1\\])/' | wc -l)
    if [ "$n" != 0 ]; then echo "$n connections"; exit 1; fi
  `,
  within,
})

function webServers(tier: string, port: number, peers: readonly Peer[]): string[] {
  return peers.flatMap(({ name, vars: { nginx_upstreams: upstreams } }) => {
    const has =
      Array.isArray(upstreams) && upstreams.some((one) => isUpstream(one) && one.tier === tier && one.port === port)
    return has ? [name] : []
  })
}

const isUpstream = (value: unknown): value is { readonly tier: unknown; readonly port: unknown } =>
  typeof value === 'object' && value !== null && 'tier' in value && 'port' in value
