// biome-ignore lint/style/noRestrictedImports: only its pure functions, which read and write addresses; nothing is opened
import { isIPv4, isIPv6, SocketAddress } from 'node:net'

/** A network (or one host) of one family, in the text form that ufw writes into its rules. */
export interface Net {
  readonly family: Family
  readonly address: bigint
  readonly prefix: number
}

export type Family = 4 | 6

const WIDTH = { 4: 32, 6: 128 } as const
export const ANYWHERE = { 4: '0.0.0.0/0', 6: '::/0' } as const

/**
 * Reads an address or a network: `10.0.0.1`, `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `2001:db8::/32`.
 * @returns undefined when it is neither. Host bits are kept: `masked` takes them away.
 */
export function parseNet(text: string): Net | undefined {
  const [host = '', mask, ...more] = text.toLowerCase().split('/')
  if (more.length > 0) return undefined
  const family = isIPv4(host) ? 4 : isIPv6(host) && !host.includes('%') ? 6 : undefined
  if (family === undefined) return undefined
  const prefix = mask === undefined ? WIDTH[family] : prefixOf(mask, family)
  if (prefix === undefined) return undefined
  return { family, address: family === 4 ? bitsOf4(host) : bitsOf6(host), prefix }
}

/** The network without host bits: ufw does so for IPv4, and the kernel for both. */
export function masked(net: Net): Net {
  const rest = BigInt(WIDTH[net.family] - net.prefix)
  return { ...net, address: (net.address >> rest) << rest }
}

/** As ufw writes it: no prefix for one host, IPv6 in its canonical short form (inet_ntop). */
export function formatNet(net: Net): string {
  const host = net.family === 4 ? format4(net.address) : format6(net.address)
  return net.prefix === WIDTH[net.family] ? host : `${host}/${net.prefix}`
}

/** Is there an address in both? Networks nest or are apart, so the shorter prefix decides. */
export function overlap(a: Net, b: Net): boolean {
  if (a.family !== b.family) return false
  const rest = BigInt(WIDTH[a.family] - Math.min(a.prefix, b.prefix))
  return a.address >> rest === b.address >> rest
}

const prefixOf = (mask: string, family: Family): number | undefined => {
  if (/^\d{1,3}$/.test(mask)) return Number(mask) <= WIDTH[family] ? Number(mask) : undefined
  if (family === 6 || !isIPv4(mask)) return undefined
  const bits = bitsOf4(mask).toString(2).padStart(32, '0')
  return /^1*0*$/.test(bits) ? bits.replaceAll('0', '').length : undefined
}

const bitsOf4 = (text: string): bigint => text.split('.').reduce((all, octet) => (all << 8n) | BigInt(octet), 0n)

const format4 = (bits: bigint): string => [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 255n).join('.')

const bitsOf6 = (text: string): bigint => {
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  const hex = tail
    ? `${tail[1]}${(bitsOf4(tail[2] ?? '') >> 16n).toString(16)}:${(bitsOf4(tail[2] ?? '') & 0xffffn).toString(16)}`
    : text
  const [left = '', right] = hex.split('::')
  const head = left === '' ? [] : left.split(':')
  const end = right === undefined || right === '' ? [] : right.split(':')
  const groups = [...head, ...Array<string>(8 - head.length - end.length).fill('0'), ...end]
  return groups.reduce((all, group) => (all << 16n) | BigInt(`0x${group}`), 0n)
}

const format6 = (bits: bigint): string => {
  const groups = Array.from({ length: 8 }, (_, i) => ((bits >> BigInt(112 - 16 * i)) & 0xffffn).toString(16))
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address
}
