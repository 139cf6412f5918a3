import { isIP } from 'node:net'
import type { Contract } from '../contracts/contract.ts'
import { ProvisionError } from '../errors.ts'
import type { Facts } from '../facts/facts.ts'
import type { Peer, RoleInput } from './role.ts'

/** 4 or 6 for an IP address, undefined for a name. */
export function ipFamily(address: string): 4 | 6 | undefined {
  const family = isIP(address)
  return family === 4 || family === 6 ? family : undefined
}

/**
 * Addresses of the hosts of some tiers and groups, each once, for what takes no names: firewall rules, trusted proxies. A
 * tier that the site does not have has no hosts.
 * @param peers usually `group('all')`
 * @param instead the var to be set where a host is known by a DNS name only
 * @param except name of a host that is left out
 * @throws ProvisionError for a host whose address is a name
 */
export function tierAddresses(
  peers: readonly Peer[],
  tiers: readonly string[],
  instead: string,
  except?: string,
): string[] {
  const wanted = new Set(tiers)
  const members = wanted.size === 0 ? [] : membersOf(peers, wanted)
  return [...new Set(members.filter(({ name }) => name !== except).map((peer) => plainAddress(peer, instead)))]
}

/**
 * Who may connect to what is for everyone unless somebody is named.
 * @param listed addresses and networks
 * @param tiers tiers and groups whose hosts may
 * @param instead the var of the list; that of the tiers is called the same with `_tiers`
 * @returns `any` where nobody is named
 * @throws ProvisionError where tiers are named and no host is in them: that would let everyone in
 */
export function listedOrAny(
  peers: readonly Peer[],
  listed: readonly string[],
  tiers: readonly string[],
  instead: string,
): 'any' | readonly string[] {
  const named = [...new Set([...listed, ...tierAddresses(peers, tiers, instead)])]
  if (named.length > 0) return named
  if (tiers.length === 0) return 'any'
  throw new ProvisionError(`${instead}_tiers: no host is in ${tiers.map((tier) => `'${tier}'`).join(', ')}`, {
    code: 'input',
    hint: 'name a tier or a group that has hosts; with an empty list anyone may connect',
  })
}

/**
 * Who may use what is not for everyone: the addresses that are listed or, where none is, those of a tier's or group's
 * hosts and of the hosts that say so themselves, but for this one.
 * @param instead the var of the list, for the hint where a host is known by a DNS name only
 * @param clients what those provide who want to be let in
 * @throws ProvisionError for a host whose address is a name
 */
export function listedOrTier(
  { host, group, provided }: Pick<RoleInput<unknown>, 'host' | 'group' | 'provided'>,
  listed: readonly string[],
  tier: string,
  instead: string,
  clients?: Contract<ClientAddress>,
): readonly string[] {
  if (listed.length > 0) return listed
  const members = tierAddresses(group('all'), [tier], instead, host.name)
  return clients === undefined
    ? members
    : [...new Set([...members, ...clientAddresses({ host, provided }, clients, instead)])]
}

interface ClientAddress {
  readonly address?: string | undefined
}

/** Addresses of the other hosts that provide a contract of clients. @throws ProvisionError for one that is a name */
export function clientAddresses(
  { host, provided }: Pick<RoleInput<unknown>, 'host' | 'provided'>,
  clients: Contract<ClientAddress>,
  instead: string,
): string[] {
  const others = provided(clients).filter((one) => one.host.name !== host.name)
  const addresses = others.map((one) =>
    plainAddress({ name: one.host.name, address: one.value.address ?? one.host.address }, instead),
  )
  return [...new Set(addresses)]
}

// Every host of a site asks for the same few tiers of the same list.
const members = new WeakMap<readonly Peer[], Map<string, readonly Peer[]>>()

/** Whether a host is in a tier or a group; all of them are in `all`. */
export const isIn = ({ tier, groups }: Pick<Peer, 'tier' | 'groups'>, name: string): boolean =>
  name === tier || name === 'all' || groups.includes(name)

/**
 * Hosts of a tier or a group, in the order of the inventory: none where the site does not have it.
 * @param peers usually `group('all')`, which is gone through once for all hosts that ask
 */
export const tierMembers = (peers: readonly Peer[], tier: string): readonly Peer[] => membersOf(peers, new Set([tier]))

/** In the order of the inventory. */
function membersOf(peers: readonly Peer[], tiers: ReadonlySet<string>): readonly Peer[] {
  const known = members.get(peers) ?? new Map<string, readonly Peer[]>()
  members.set(peers, known)
  const key = [...tiers].join('\n')
  const found = known.get(key) ?? peers.filter((peer) => [...tiers].some((tier) => isIn(peer, tier)))
  known.set(key, found)
  return found
}

function plainAddress({ name, address }: Pick<Peer, 'name' | 'address'>, instead: string): string {
  if (ipFamily(address) !== undefined) return address
  throw new ProvisionError(`the address of ${name} is a name (${address}) where an IP address is needed`, {
    code: 'input',
    hint: `give ${name} an IP address in hosts.yml, or list addresses in ${instead}`,
  })
}

/** The one address that something listens on; undefined: on the host's own, or on all of them. */
export const listeningAddress = (listen: string | undefined): string | undefined =>
  listen === undefined || listen === '*' || /^[0:.]*$/.test(listen) ? undefined : listen

/**
 * Where a service listens that is for the management network only: `address:port`, IPv6 in brackets. Without `listen`
 * the inventory's address, when the host has it; behind NAT, or known by a name, all, and the firewall decides.
 */
export function managementSocket(
  host: { readonly address: string },
  facts: Pick<Facts, 'addresses'>,
  port: number,
  listen?: string,
): string {
  const own = Object.values(facts.addresses).flat().includes(host.address) ? host.address : ''
  return socketOf(listen ?? own, port)
}

/** `address:port` for URLs and flags: IPv6 in brackets. */
export const socketOf = (address: string, port: number): string =>
  ipFamily(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`
