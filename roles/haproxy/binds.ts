import { ipFamily, type Listener, parseSocket } from 'provision'
import { wrong } from './checks.ts'
import type { Frontend, HaproxyVars } from './vars.ts'

/** Where clients connect, as it is set: `80`, `192.0.2.1:443`. */
const bindsOf = (frontend: Frontend): string[] => (frontend.bind ?? [frontend.tls ? 443 : 80]).map(String)

/** A socket of a frontend: the address and port of `bind`, and what a listener is by. */
export interface Bind extends Pick<Listener, 'address' | 'port'> {
  /** `*:80`, `[::]:80 v6only`. */
  readonly words: string
  /** Its place in `bind`. */
  readonly index: number
}

type Vars = Pick<HaproxyVars, 'haproxy_frontends' | 'haproxy_ipv6'>

/**
 * The sockets of a frontend, each once, however it is written. `[::]` takes IPv4 as well, unless somebody listens on that
 * port for IPv4.
 */
export function bindsIn(frontend: Frontend, vars: Vars): Bind[] {
  const all = bindsOf(frontend).flatMap((text, index): Bind[] => {
    const { address, port } = socketOf(text, frontend)
    const v4 = { words: `*:${port}`, address: '0.0.0.0', port, index }
    const v6 = { words: `[::]:${port} v6only`, address: '::', port, index }
    if (address === '*') return vars.haproxy_ipv6 ? [v4, v6] : [v4]
    if (isAny(address, 4)) return [v4]
    if (!isAny(address, 6)) return [{ words: text, address, port, index }]
    return vars.haproxy_frontends.some((other) => takesIpv4(other, port))
      ? [v6]
      : [{ ...v6, words: `[::]:${port} v4v6`, address: '*' }]
  })
  return [...new Map(all.toReversed().map((bind) => [canonical(bind), bind])).values()].toReversed()
}

/** All that the role has haproxy listen on; `metrics` is the socket of its metrics. */
export function listeners(vars: HaproxyVars, metrics: string): Listener[] {
  const program = 'haproxy'
  const own = (name: string, socket: string, at: string): Listener => {
    const { address, port } = parseSocket(socket.replace(/^\*?:/, '0.0.0.0:'))
    return { by: `${name} of haproxy`, program, address, port, at: [at] }
  }
  return [
    own('the health check', vars.haproxy_health_listen, 'haproxy_health_listen'),
    own('the metrics', metrics, vars.haproxy_metrics_listen ? 'haproxy_metrics_listen' : 'haproxy_metrics_port'),
    ...vars.haproxy_frontends.flatMap((frontend, i) => {
      const by = `frontend '${frontend.name}' of haproxy`
      const at = ['haproxy_frontends', i]
      return [
        ...bindsIn(frontend, vars).map(({ address, port, index }) => ({
          ...{ by, program, address, port },
          at: frontend.bind ? [...at, 'bind', index] : at,
        })),
        ...frontend.lines.flatMap((line, n) =>
          bindLine(line).map((one) => ({ by, program, ...one, at: [...at, 'lines', n] })),
        ),
      ]
    }),
  ]
}

/** Addresses that frontends bind by name; such an address may be on another host when haproxy starts. */
export const boundAddresses = (vars: Vars): string[] => [
  ...new Set(
    vars.haproxy_frontends
      .flatMap((frontend) => bindsIn(frontend, vars))
      .map(({ address }) => address)
      .filter((address) => !isLoopback(address) && address !== '*' && !isAny(address, 4) && !isAny(address, 6)),
  ),
]

/** Ports that clients of a frontend come to, for the firewall. */
export const openPorts = (frontend: Frontend): number[] => [
  ...new Set(
    bindsOf(frontend)
      .map((text) => socketOf(text, frontend))
      .filter(({ address }) => !isLoopback(address))
      .map(({ port }) => port),
  ),
]

/** Ports of a frontend, where they are such. */
export const namedPorts = (frontend: Frontend): number[] =>
  bindsOf(frontend)
    .map((text) => Number(parseSocket(text).port))
    .filter((port) => port >= 1 && port <= 65535)

function socketOf(text: string, frontend: Frontend): { address: string; port: number } {
  const { address, port } = parseSocket(text)
  if (typeof port !== 'number' || port < 1 || port > 65535 || (address !== '*' && ipFamily(address) === undefined)) {
    throw wrong(
      `haproxy_frontends: '${frontend.name}': '${text}' is no port, and no address and port`,
      'e.g. 80, 192.0.2.1:443, [2001:db8::1]:443',
    )
  }
  return { address, port }
}

const isLoopback = (address: string): boolean => /^127\.|^::1$/.test(address)

const isAny = (address: string, family: 4 | 6): boolean => ipFamily(address) === family && /^[0:.]*$/.test(address)

const takesIpv4 = (frontend: Frontend, port: number): boolean =>
  bindsOf(frontend).some((text) => {
    const socket = socketOf(text, frontend)
    return socket.port === port && (socket.address === '*' || isAny(socket.address, 4))
  })

const canonical = ({ address, port }: Bind): string =>
  `${ipFamily(address) === 6 ? new URL(`http://[${address}]`).hostname : address} ${port}`

/** What a `bind` among the further lines opens; its addresses are as haproxy reads them. */
function bindLine(line: string): Pick<Listener, 'address' | 'port' | 'iface'>[] {
  const [word, addresses = '', ...options] = line.trim().split(/\s+/)
  if (word !== 'bind') return []
  const iface = options.includes('interface') ? options[options.indexOf('interface') + 1] : undefined
  return addresses.split(',').flatMap((text) => {
    const found = /^(?:(ipv[46])@)?\[?([0-9A-Fa-f.:]*?|\*)\]?:(\d+)(?:-(\d+))?$/.exec(text)
    if (!found) return []
    const [, family, host = '', low, high] = found
    const named = host === '' || host === '*' ? (family === 'ipv6' ? '::' : '0.0.0.0') : host
    const address = isAny(named, 6) && !options.includes('v6only') ? '*' : named
    return [{ address, port: [Number(low), Number(high ?? low)] as const, iface }]
  })
}
