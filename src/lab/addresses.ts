import { InputError } from '../errors.ts'
import type { RealHost } from './real-hosts.ts'

type Place = Pick<RealHost, 'name' | 'address'>

/** Where hosts are in a lab, and what becomes of texts that name their addresses. */
export interface LabAddresses<Host extends Place = Place> {
  addressOf(host: Host): string
  texts(text: string): string
}

/**
 * Hosts that share a /24 keep the last number of their addresses, so that all of that network moves along: floating
 * addresses, networks in rules. Others are numbered, and what moves is the addresses themselves.
 * @param subnet the first three numbers of the lab's network
 * @throws InputError when it is the hosts' own: the lab would take the way to them
 */
export function labAddresses<Host extends Place>(hosts: readonly Host[], subnet: string): LabAddresses<Host> {
  const taken = hosts.find(({ address }) => address.startsWith(`${subnet}.`))
  if (taken !== undefined) {
    const message = `the lab's network ${subnet}.0/24 is that of ${taken.name} (${taken.address}), which nobody here could reach any more`
    throw new InputError([{ message, hint: 'choose another: --subnet 10.80.0' }])
  }
  return moved(hosts, subnet) ?? numbered(hosts, subnet)
}

/** undefined: they do not share a network, or not as a lab's has it. */
function moved<Host extends Place>(hosts: readonly Host[], subnet: string): LabAddresses<Host> | undefined {
  const prefixes = new Set(hosts.map(({ address }) => /^(\d+\.\d+\.\d+\.)(\d+)$/.exec(address)?.[1]))
  const [prefix, ...others] = prefixes
  const free = ({ address }: Host): boolean => !/\.(0|1|255)$/.test(address)
  const alone = new Set(hosts.map(({ address }) => address)).size === hosts.length
  const fits = others.length === 0 && alone && hosts.every(free)
  if (prefix === undefined || !fits || isLoopback(prefix)) return undefined
  const pattern = new RegExp(`(?<![\\d.])${prefix.replaceAll('.', '\\.')}(?=\\d)`, 'g')
  const texts = (text: string): string => text.replaceAll(pattern, `${subnet}.`)
  return { addressOf: ({ address }) => texts(address), texts }
}

function numbered<Host extends Place>(hosts: readonly Host[], subnet: string): LabAddresses<Host> {
  const numbers = new Map(hosts.map((host, i) => [host, `${subnet}.${FIRST + i}`]))
  const own = hosts.filter(
    ({ address }, _, all) => !isLoopback(address) && all.filter((other) => other.address === address).length === 1,
  )
  const byAddress = new Map(own.map((host) => [host.address, numbers.get(host) ?? '']))
  const words = [...byAddress.keys()].flatMap((address) => {
    if (address.includes(':')) return [`\\[${address}\\]|(?<!\\[)${address}(?![\\w:])`]
    return /^[\d.]+$/.test(address) ? [`${address.replaceAll('.', '\\.')}(?!\\w|\\.\\d)`] : []
  })
  const named = new RegExp(`(?<![\\w.:])(?:${words.join('|')})`, 'g')
  const inLab = (address: string): string => byAddress.get(address.replaceAll(/[[\]]/g, '')) ?? address
  return {
    addressOf: (host) => numbers.get(host) ?? host.address,
    // A DNS name may be more than a host's address (a server_name): it stays, and means the host in the lab.
    texts: (text) => (words.length === 0 ? text : text.replaceAll(named, inLab)),
  }
}

const FIRST = 11

/** On other hosts it is these themselves, wherever it is written: forwarded ports of a machine here. */
const isLoopback = (address: string): boolean => /^(127\.|::1$|localhost$)/.test(address)

/** A name that hosts of a lab resolve to the one that it stands for. */
export const dnsName = (address: string): string | undefined =>
  /^[\d.]+$|:/.test(address) || isLoopback(address) ? undefined : address
