import type { Problem } from '../errors.ts'
import type { Facts } from '../facts/facts.ts'
import type { Host } from '../inventory/inventory.ts'
import { originAt } from '../inventory/origins.ts'
import { dotted, step } from '../problems/pointer.ts'
import { type Family, formatNet, parseNet } from '../resources/ufw/address.ts'
import { managementSocket } from './addresses.ts'
import type { Listener } from './role.ts'

/**
 * Listeners of one host that can't be there together. A kernel gives a port of an address to one program only, and that
 * of all addresses to no one beside it; haproxy, which takes a port twice, would serve by chance.
 * @param listeners of all roles, in order: the later one of a pair is reported
 */
export function listenerProblems(listeners: readonly Listener[], host: Pick<Host, 'origins'>): Problem[] {
  const sockets = listeners.map((listener) => ({ listener, on: socketsOf(listener) }))
  const problems = sockets.flatMap((one, i) => {
    const other = sockets.slice(0, i).find((before) => collide(before, one))
    return other === undefined ? [] : [problem(other.listener, one.listener, host)]
  })
  // Of both families, once.
  return problems.filter(({ message }, i) => problems.findIndex((other) => other.message === message) === i)
}

/** The family of an address and what it stands for: '' is every address of the family. */
interface Socket {
  readonly family: Family
  readonly address: string
}

interface Open {
  readonly listener: Listener
  readonly on: readonly Socket[]
}

/** A name is left out: what it stands for is known on the host only. */
function socketsOf({ address }: Listener): Socket[] {
  if (address === '*' || address === '') return [any(4), any(6)]
  const net = parseNet(address)
  if (net === undefined) return []
  return [net.address === 0n ? any(net.family) : { family: net.family, address: formatNet(net) }]
}

const any = (family: Family): Socket => ({ family, address: '' })

function collide(a: Open, b: Open): boolean {
  if (!portsMeet(a.listener.port, b.listener.port)) return false
  const own = a.listener.program === b.listener.program
  const ifaces = [a.listener.iface, b.listener.iface]
  if (ifaces[0] !== ifaces[1] && (own || !ifaces.includes(undefined))) return false
  return a.on.some((one) => b.on.some((other) => (own ? same(one, other) : meet(one, other))))
}

const rangeOf = (port: Listener['port']): readonly [number, number] => (typeof port === 'number' ? [port, port] : port)

const portsMeet = (a: Listener['port'], b: Listener['port']): boolean => {
  const [one, other] = [rangeOf(a), rangeOf(b)]
  return one[0] <= other[1] && other[0] <= one[1]
}

const same = (a: Socket, b: Socket): boolean => a.family === b.family && a.address === b.address

const meet = (a: Socket, b: Socket): boolean =>
  a.family === b.family && (a.address === b.address || a.address === '' || b.address === '')

function problem(first: Listener, second: Listener, { origins }: Pick<Host, 'origins'>): Problem {
  const pointer = second.at.map(step).join('')
  const origin = originAt(origins, pointer)
  const own = first.program === second.program
  return {
    message: `${first.by} and ${second.by} would both listen on ${describe(first, second)}`,
    origin,
    ...(origin && { path: dotted(pointer) }),
    hint: own
      ? 'that is one socket, however it is written: give one of them another port or address, or make one of the two'
      : `${first.program} and ${second.program} run on one host: give one of them another port, or addresses that differ`,
  }
}

/** Where the two meet. */
function describe(a: Listener, b: Listener): string {
  const [one, other] = [rangeOf(a.port), rangeOf(b.port)]
  const port = Math.max(one[0], other[0])
  const named = [a, b].map(({ address }) => parseNet(address)).find((net) => net !== undefined && net.address !== 0n)
  const address = named && formatNet(named)
  return address === undefined ? `port ${port}` : `port ${port} of ${address}`
}

/**
 * Listener of a service for the management network, as {@link managementSocket} has it.
 * @param role names the program and the vars: `<role>_port`, `<role>_listen`
 */
export function managementListener(
  role: string,
  host: { readonly address: string },
  facts: Pick<Facts, 'addresses'>,
  port: number,
  listen: string | undefined,
): Listener[] {
  const { address } = parseSocket(managementSocket(host, facts, port, listen))
  return [{ by: role, program: role, address, port, at: [`${role}_${listen === undefined ? 'port' : 'listen'}`] }]
}

/** `192.0.2.1:9090`, `[2001:db8::1]:9090`, `:9090` as address and port; an empty address is `*`. */
export function parseSocket(socket: string): Pick<Listener, 'address' | 'port'> {
  const colon = socket.lastIndexOf(':')
  const address = socket.slice(0, Math.max(colon, 0)).replace(/^\[|\]$/g, '')
  return { address: address === '' ? '*' : address, port: Number(socket.slice(colon + 1)) }
}
