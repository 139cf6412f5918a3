import { createHash } from 'node:crypto'
import { keyWord } from '../connection/key-label.ts'
import { fingerprint, type HostAddress, keyType, knownHostsName, parseKnownHosts } from '../connection/known-hosts.ts'

/** Whose keys they are, in a list. */
export interface Named extends HostAddress {
  readonly name: string
}

/** What a list says of a key that a host shows. */
export type Expectation =
  | { readonly kind: 'matches'; readonly line: number }
  /** The list has other keys of this host. */
  | { readonly kind: 'differs'; readonly lines: readonly number[] }
  | { readonly kind: 'silent' }

/** Keys that somebody has compared: a known_hosts file, or fingerprints as ssh-keygen and DNS (SSHFP) print them. */
export interface ExpectedKeys {
  /** What it says of a host's key. */
  of(host: Named, key: Buffer): Expectation
  /** Types of the keys that it has of a host, in words such as ED25519; none: it does not say. */
  types(host: Named): readonly string[]
  /** Lines that say nothing. */
  readonly malformed: readonly number[]
}

interface Entry {
  readonly line: number
  /** Undefined: the list does not say. */
  readonly type: string | undefined
  isOf(key: Buffer): boolean
  /** Names in the line that may be of hosts. */
  readonly names: readonly string[]
}

const SHA256 = /^SHA256:[A-Za-z0-9+/]{43}=?$/
const TYPES = ['ED25519', 'ECDSA', 'RSA', 'DSA', 'ED25519-SK', 'ECDSA-SK']
/** RFC 4255, 6594, 7479. */
const SSHFP_TYPES: Readonly<Record<string, string>> = { 1: 'RSA', 2: 'DSA', 3: 'ECDSA', 4: 'ED25519' }

/**
 * Reads a list. A line may be of known_hosts; `256 SHA256:… root@web1 (ED25519)`, as ssh-keygen -l prints it; a host's
 * name and a fingerprint; or `web1.example.org. IN SSHFP 4 2 …`, as ssh-keygen -r and dig print it.
 * @param hosts all that may be meant: a line that names one of them is of no other
 */
export function parseExpected(text: string, hosts: readonly Named[]): ExpectedKeys {
  const lines = text.split(/\r?\n/)
  const known = parseKnownHosts(lines.map((line) => (isFingerprint(line) ? '' : line)).join('\n'))
  const entries = lines.flatMap((line, i) => parseEntry(line, i + 1) ?? [])
  const bad = new Set(known.malformed.map(({ line }) => line))
  const ofHosts = new Map(hosts.flatMap((host) => namesOf(host).map((name): [string, Named] => [name, host])))
  const owner = ({ names }: Entry) => names.map((name) => ofHosts.get(name)).find((host) => host !== undefined)
  const plain = (host: Named) =>
    aliases(host).flatMap((name) => known.about(name).filter((entry) => entry.marker === undefined))
  const own = (host: Named) => entries.filter((entry) => owner(entry)?.name === host.name)
  return {
    of(host, key) {
      const here = [
        ...plain(host).map((entry) => ({ line: entry.line, type: keyWord(entry.type), is: entry.key.equals(key) })),
        ...own(host).map((entry) => ({ line: entry.line, type: entry.type, is: entry.isOf(key) })),
      ]
      const found = here.find(({ is }) => is)
      if (found) return { kind: 'matches', line: found.line }
      // Of another type it is another key, of which the list says nothing.
      const word = keyWord(keyType(key))
      const others = here.filter(({ type }) => type === undefined || type === word)
      if (others.length > 0) return { kind: 'differs', lines: others.map(({ line }) => line) }
      const anyones = entries.find((entry) => owner(entry) === undefined && entry.isOf(key))
      return anyones ? { kind: 'matches', line: anyones.line } : { kind: 'silent' }
    },
    types: (host) => [
      ...new Set([...plain(host).map(({ type }) => keyWord(type)), ...own(host).flatMap(({ type }) => type ?? [])]),
    ],
    malformed: lines.flatMap((_, i) => (bad.has(i + 1) ? [i + 1] : [])),
  }
}

const isFingerprint = (line: string) =>
  line.split(/\s+/).some((word) => SHA256.test(word)) || /\sSSHFP\s+\d+\s+\d+\s+[0-9A-Fa-f]/.test(line)

function parseEntry(text: string, line: number): Entry | undefined {
  if (text.trim().startsWith('#') || text.trim().startsWith(';')) return undefined
  const sshfp = /^(\S+)\s.*?SSHFP\s+(\d+)\s+(\d+)\s+([0-9A-Fa-f\s]+)$/.exec(text.trim())
  if (sshfp) {
    const [, name = '', type = '', digest, hex = ''] = sshfp
    // 1 is SHA-1, which proves nothing any more.
    if (digest !== '2') return undefined
    const wanted = hex.replace(/\s/g, '').toLowerCase()
    const isOf = (key: Buffer) => createHash('sha256').update(key).digest('hex') === wanted
    return { line, type: SSHFP_TYPES[type], isOf, names: [plainName(name)] }
  }
  const words = text.trim().split(/\s+/)
  const wanted = words.find((word) => SHA256.test(word))?.replace(/=$/, '')
  if (wanted === undefined) return undefined
  const type = words.map((word) => word.replace(/[()]/g, '').toUpperCase()).find((word) => TYPES.includes(word))
  return { line, type, isOf: (key) => fingerprint(key) === wanted, names: words.map(plainName) }
}

/** `root@web1` and `web1.example.org.` name hosts, as comments of keys and zones do. */
const plainName = (word: string) =>
  word
    .replace(/^[^@]*@/, '')
    .replace(/[.,:]$/, '')
    .toLowerCase()

const namesOf = (host: Named): string[] => [host.name.toLowerCase(), ...aliases(host)]

/** What known_hosts files call a host; a list may have been made on port 22, or by the inventory's names. */
const aliases = (host: Named): string[] => [
  ...new Set([knownHostsName(host), host.address.toLowerCase(), host.name.toLowerCase()]),
]
