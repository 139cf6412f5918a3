import { ipFamily, type Listener, parseSocket } from 'provision'
import { wrong } from './checks.ts'
import type { NginxVars, Site } from './vars.ts'

/** A socket of a site. */
export interface Listen {
  /** The first arguments of `listen`: `80`, `[::]:80`. */
  readonly words: string
  /** `0.0.0.0`, `::`: all addresses of the family. */
  readonly address: string
  readonly port: number
  /** The same for all texts that mean the same socket. */
  readonly id: string
  /** Its place in `listen`. */
  readonly index: number
}

type Vars = Pick<NginxVars, 'nginx_ipv6'>

/** The sockets of a site, each once, however it is written. */
export function listensOf(site: Site, vars: Vars): Listen[] {
  const texts = (site.listen ?? [site.tls ? 443 : 80]).map(String)
  return once(texts.flatMap((text, index) => socketsOf(text, index, vars, `nginx_sites: site '${site.name}'`)))
}

/** Of the server that sends http to https; empty: there is none. */
export function redirectListensOf(site: Site, vars: Vars): Listen[] {
  const http = listensOf(site, vars).some(({ address, port }) => port === 80 && isAny(address))
  return site.tls?.redirect_http === true && !http ? socketsOf('80', 0, vars, '') : []
}

/** Ports that clients come to, for the firewall. */
export function openPorts(sites: readonly Site[], vars: Vars): number[] {
  const listens = sites.flatMap((site) => [...listensOf(site, vars), ...redirectListensOf(site, vars)])
  const open = listens.filter(({ address }) => !/^127\.|^::1$/.test(address)).map(({ port }) => port)
  return [...new Set(open)].sort((a, b) => a - b)
}

/** All that the role has nginx listen on; sites share sockets, so each is named by its first one. */
export function listeners(vars: NginxVars): Listener[] {
  const program = 'nginx'
  const sites = vars.nginx_sites.flatMap((site, i) => {
    const by = `site '${site.name}' of nginx`
    const at = ['nginx_sites', i]
    return [
      ...listensOf(site, vars).map((one) => ({ ...one, by, at: site.listen ? [...at, 'listen', one.index] : at })),
      ...redirectListensOf(site, vars).map((one) => ({ ...one, by: `the redirect to https of ${by}`, at })),
    ]
  })
  const status =
    vars.nginx_status_listen === '' ? [] : socketsOf(vars.nginx_status_listen, 0, vars, 'nginx_status_listen')
  return [
    ...once(sites).map(({ by, at, address, port }) => ({ by, program, address, port, at })),
    ...status.map(({ address, port }) => ({
      ...{ by: 'the status page of nginx', program, address, port },
      at: ['nginx_status_listen'],
    })),
  ]
}

/** Of nginx, `[::]` is IPv6 alone, and `*` IPv4; a port alone is both, where IPv6 is wanted. */
function socketsOf(text: string, index: number, { nginx_ipv6: ipv6 }: Vars, where: string): Listen[] {
  const { address, port } = parseSocket(text)
  if (typeof port !== 'number' || port < 1 || port > 65535 || (address !== '*' && ipFamily(address) === undefined)) {
    throw wrong(`${where}: '${text}' is no port, and no address and port`, 'e.g. 80, 127.0.0.1:8080, [::1]:8080')
  }
  const socket = (words: string, at: string): Listen => ({ words, address: at, port, id: `${at} ${port}`, index })
  if (/^\d+$/.test(text)) {
    return [socket(String(port), '0.0.0.0'), ...(ipv6 ? [socket(`[::]:${port}`, '::')] : [])]
  }
  return [socket(text, canonical(address))]
}

function canonical(address: string): string {
  if (address === '*') return '0.0.0.0'
  return ipFamily(address) === 6 ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address
}

export const isAny = (address: string): boolean => address === '0.0.0.0' || address === '::'

const once = <T extends Listen>(listens: readonly T[]): T[] =>
  listens.filter((one, i) => listens.findIndex(({ id }) => id === one.id) === i)
