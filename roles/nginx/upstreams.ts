import { ipFamily, type Peer, parseSocket, tierMembers } from 'provision'
import { wrong } from './checks.ts'
import type { Upstream } from './vars.ts'

export interface UpstreamView {
  readonly name: string
  readonly balance: string
  readonly keepalive: number
  /** Host names among its servers: nginx does not start where one can't be looked up. */
  readonly names: readonly string[]
  /** Arguments of `server`. */
  readonly servers: readonly string[]
}

/**
 * Upstreams with the servers of their tiers.
 * @param peers all hosts of the inventory
 * @throws ProvisionError for an upstream without servers, or one that nginx can't have so
 */
export function upstreamViews(
  upstreams: readonly Upstream[],
  peers: readonly Peer[],
  host: { readonly name: string; readonly tier: string },
): UpstreamView[] {
  return upstreams.map((upstream) => {
    const { name, balance, keepalive } = upstream
    const servers = [...upstream.servers, ...ofTier(upstream, peers, host)]
    if (servers.length === 0) {
      throw wrong(
        `nginx_upstreams: '${name}' has no servers`,
        upstream.tier === undefined
          ? 'give servers, or a tier or group'
          : `the inventory has no hosts in tier or group '${upstream.tier}'`,
      )
    }
    if (balance === 'ip_hash' && servers.some((server) => server.backup)) {
      throw wrong(`nginx_upstreams: '${name}': ip_hash knows no backup servers`)
    }
    return { name, balance, keepalive, names: servers.flatMap(nameOf), servers: servers.map(serverWords) }
  })
}

type Server = Upstream['servers'][number]

function ofTier(
  { tier, port, paired }: Upstream,
  peers: readonly Peer[],
  host: { name: string; tier: string },
): Server[] {
  if (tier === undefined) return []
  const servers = tierMembers(peers, tier)
  const own = paired ? tierMembers(peers, host.tier).findIndex(({ name }) => name === host.name) : -1
  const partner = servers.length === 0 ? -1 : own % servers.length
  return servers.map(({ address }, i) => ({
    addr: `${ipFamily(address) === 6 ? `[${address}]` : address}:${port}`,
    backup: paired && i !== partner,
    down: false,
  }))
}

function nameOf({ addr }: Server): string[] {
  if (addr.startsWith('unix:')) return []
  const { address } = /:\d+$/.test(addr) ? parseSocket(addr) : { address: addr }
  return ipFamily(address) === undefined ? [address] : []
}

const serverWords = ({ addr, weight, max_fails, fail_timeout, backup, down }: Server): string =>
  [
    addr,
    ...(weight === undefined ? [] : [`weight=${weight}`]),
    ...(max_fails === undefined ? [] : [`max_fails=${max_fails}`]),
    ...(fail_timeout === undefined ? [] : [`fail_timeout=${fail_timeout}`]),
    ...(backup ? ['backup'] : []),
    ...(down ? ['down'] : []),
  ].join(' ')
