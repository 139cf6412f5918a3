import { ipFamily, type Peer, parseSocket, tierMembers } from 'provision'
import { wrong } from './checks.ts'
import type { Backend } from './vars.ts'

/** A backend as its template takes it. */
export interface BackendView extends Omit<Backend, 'servers' | 'tier' | 'port'> {
  /** Path that is asked by HTTP; undefined: a connection is enough. */
  readonly question: string | undefined
  readonly checkPort: string
  /** Some server is known by a name, which may not resolve when haproxy starts. */
  readonly named: boolean
  /** Arguments of `server`. */
  readonly servers: readonly string[]
}

/**
 * Backends with the servers of their tiers, named as in the inventory.
 * @param peers all hosts of the inventory
 * @throws ProvisionError for a backend without servers, or with two of a name
 */
export function backendViews(backends: readonly Backend[], peers: readonly Peer[]): BackendView[] {
  return backends.map((backend) => {
    const { servers, tier, port: _, ...rest } = backend
    const all = [...servers, ...ofTier(backend, peers)]
    if (all.length === 0) {
      throw wrong(
        `haproxy_backends: '${backend.name}' has no servers`,
        tier === undefined
          ? 'give servers, or a tier or group'
          : `the inventory has no hosts in tier or group '${tier}'`,
      )
    }
    const twice = all.find(({ name }, i) => all.findIndex((other) => other.name === name) < i)
    if (twice !== undefined) throw wrong(`haproxy_backends: '${backend.name}' has two servers named ${twice.name}`)
    return {
      ...rest,
      question: backend.check.path ?? (backend.mode === 'http' ? '/healthz' : undefined),
      checkPort: backend.check.port === undefined ? '' : ` port ${backend.check.port}`,
      named: all.some(({ addr }) => ipFamily(parseSocket(addr).address) === undefined),
      servers: all.map((server) => serverWords(server, backend)),
    }
  })
}

type Server = Backend['servers'][number]

const ofTier = ({ tier, port, server_maxconn }: Backend, peers: readonly Peer[]): Server[] =>
  (tier === undefined ? [] : tierMembers(peers, tier)).map(({ name, address }) => ({
    name,
    addr: `${ipFamily(address) === 6 ? `[${address}]` : address}:${port}`,
    backup: false,
    ...(server_maxconn !== undefined && { maxconn: server_maxconn }),
  }))

const serverWords = ({ name, addr, weight, maxconn, backup }: Server, { sticky }: Backend): string =>
  [
    name,
    addr,
    ...(weight === undefined ? [] : [`weight ${weight}`]),
    ...(maxconn === undefined ? [] : [`maxconn ${maxconn}`]),
    ...(sticky === undefined ? [] : [`cookie ${name}`]),
    ...(backup ? ['backup'] : []),
  ].join(' ')
