import { isIP } from 'node:net'
import { ProvisionError } from '../errors.ts'
import type { Facts } from '../facts/facts.ts'
import type { Peer, RoleInput } from './role.ts'

/** 4 or 6 for an IP address, undefined for a name. */
export function ipFamily(address: string): 4 | 6 | undefined {
  const family = isIP(address)
  return family === 4 || family === 6 ? family : undefined
}

/**
 * Addresses of the hosts of some tiers, each once, for what takes no names: firewall rules, trusted proxies. A tier
 * that the site does not have has no hosts.
 * @param peers usually `group('all')`
 * @param instead the var to be set where a host is known by a DNS name only
 * @throws ProvisionError for a host whose address is a name
 */
export function tierAddresses(peers: readonly Peer[], tiers: readonly string[], instead: string): string[] {
  const addresses = peers
    .filter((peer) => tiers.includes(peer.tier))
    .map(({ name, address }) => {
      if (ipFamily(address) !== undefined) return address
      throw new ProvisionError(`the address of ${name} is a name (${address}) where an IP address is needed`, {
        code: 'input',
        hint: `give ${name} an IP address in hosts.yml, or list addresses in ${instead}`,
      })
    })
  return [...new Set(addresses)]
}

/**
 * Who may use what is not for everyone: the addresses that are listed or, where none is, those of a tier's hosts but
 * for this one.
 * @param instead the var of the list, for the hint where a host is known by a DNS name only
 * @throws ProvisionError for a host of the tier whose address is a name
 */
export function listedOrTier(
  { host, group }: Pick<RoleInput<unknown>, 'host' | 'group'>,
  listed: readonly string[],
  tier: string,
  instead: string,
): readonly string[] {
  if (listed.length > 0) return listed
  const others = group('all').filter((peer) => peer.name !== host.name)
  return tierAddresses(others, [tier], instead)
}

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
