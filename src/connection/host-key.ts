import { randomBytes } from 'node:crypto'
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { messageOf, type ProvisionError } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import { errno, failure } from './failure.ts'
import {
  fingerprint,
  formatKnownHost,
  type HostAddress,
  judge,
  type KeyVerdict,
  type KnownHosts,
  keyType,
  knownHostsName,
  knownTypes,
  parseKnownHosts,
} from './known-hosts.ts'

/** known_hosts files of a run, each parsed once until something else changes it. */
export interface KnownHostsFiles {
  /** A missing file has no entries. @throws the system's error when it is there and cannot be read. */
  read(path: string): KnownHosts
  /**
   * Adds a host to a file, in one write with O_APPEND, so that lines of several processes never mix. Synchronous on
   * purpose: between the look at the file and the write no other host of this process comes in.
   * @param hashed whether its name is hashed; default: as the file has it
   */
  add(path: string, host: HostAddress, key: Buffer, hashed?: boolean): void
}

/** @param warn told once of each line that cannot be used. */
export function knownHostsFiles(warn: (message: string) => void = () => {}): KnownHostsFiles {
  const parsed = new Map<string, { stamp: string; known: KnownHosts }>()
  const warned = new Set<string>()
  const stampOf = (path: string): string | undefined => {
    const stat = statSync(path, { throwIfNoEntry: false })
    return stat && `${stat.ino} ${stat.size} ${stat.mtimeMs}`
  }
  const read = (path: string): KnownHosts => {
    const stamp = stampOf(path)
    if (stamp === undefined) return parseKnownHosts('')
    const before = parsed.get(path)
    if (before?.stamp === stamp) return before.known
    const known = parseKnownHosts(readFileSync(path, 'utf8'))
    parsed.set(path, { stamp, known })
    for (const { line, why } of known.malformed) {
      const message = `${path}:${line}: not a known_hosts line: ${why}`
      if (!warned.has(message)) warn(message)
      warned.add(message)
    }
    return known
  }
  return {
    read,
    add(path, host, key, wanted) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      const known = read(path)
      const { size = 0, ino } = statSync(path, { throwIfNoEntry: false }) ?? {}
      // A file whose names are hashed stays free of readable ones.
      const hashed = wanted ?? known.entries.some((entry) => entry.names.hashed)
      const line = formatKnownHost(host, key, hashed ? randomBytes(20) : undefined)
      const added = size > 0 && !endsLine(path, size) ? `\n${line}` : line
      appendFileSync(path, added, { mode: 0o600 })
      const after = statSync(path)
      // Whatever else was written meanwhile, the file is read anew.
      if (after.ino !== ino || after.size !== size + Buffer.byteLength(added)) return
      known.append(line, knownHostsName(host))
      parsed.set(path, { stamp: `${after.ino} ${after.size} ${after.mtimeMs}`, known })
    },
  }
}

const endsLine = (path: string, size: number): boolean => {
  const file = openSync(path, 'r')
  try {
    const last = Buffer.alloc(1)
    readSync(file, last, 0, 1, size - 1)
    return last.toString() === '\n'
  } finally {
    closeSync(file)
  }
}

/** Signature algorithms for host keys that ssh2 can check, in the order ssh(1) prefers; SHA-1 is left out. */
const ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const

export type HostKeyAlgorithm = (typeof ALGORITHMS)[number]

export const isHostKeyAlgorithm = (value: unknown): value is HostKeyAlgorithm =>
  ALGORITHMS.some((algorithm) => algorithm === value)

const typeOf = (algorithm: HostKeyAlgorithm) => (algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm)

/** What to ask the server for: types it is known by come first, so that it shows a key that can be compared. */
export function hostKeyAlgorithms(all: readonly KnownHosts[], host: Target): HostKeyAlgorithm[] {
  const types = all.flatMap((known) => {
    // With keys of the first type only, as accept-new writes them, the order is the same whoever is in the file.
    return known.differFrom(ALGORITHMS[0]) ? knownTypes(known, knownAs(host)) : []
  })
  const isKnown = (algorithm: HostKeyAlgorithm) => types.includes(typeOf(algorithm))
  return [...ALGORITHMS.filter(isKnown), ...ALGORITHMS.filter((algorithm) => !isKnown(algorithm))]
}

/** The files that a host's key is looked up in; to the first of them, keys are added. */
export const knownHostsOf = ({ connection: { knownHosts, moreKnownHosts = [] } }: Target): readonly string[] => [
  knownHosts,
  ...moreKnownHosts,
]

/** As a host stands in these files: an alias stands there without a port. */
export const knownAs = ({ address, connection: { port, hostKeyAlias } }: Target): HostAddress =>
  hostKeyAlias === undefined ? { address, port } : { address: hostKeyAlias, port: 22 }

/** What counts more comes first, whichever file says it. */
const WEIGHT: readonly KeyVerdict['kind'][] = ['revoked', 'known', 'changed', 'authority', 'unknown']

/** What a host's files say of a key, and which of them says it. */
export function verdictOf(
  files: KnownHostsFiles,
  host: Target,
  key: Buffer,
): { readonly path: string; readonly verdict: KeyVerdict } {
  const verdicts = knownHostsOf(host).map((path) => ({ path, verdict: judge(files.read(path), knownAs(host), key) }))
  const weight = ({ verdict }: (typeof verdicts)[number]) => WEIGHT.indexOf(verdict.kind)
  const [first = { path: host.connection.knownHosts, verdict: { kind: 'unknown' } }] = verdicts.toSorted(
    (a, b) => weight(a) - weight(b),
  )
  return first
}

/** `trust` asks jump hosts on the way as well, but they are not picked. */
const recording = (host: Target): string =>
  `\`provision trust${'tier' in host ? ` --limit ${host.name}` : ''}\` does it for all hosts that are new.`

/**
 * Decides on the key a server shows; with `accept-new` an unknown one is added to the file. The name looked up is the
 * address that is logged in at, or HostKeyAlias, never the inventory name: that is what ssh(1) looks up.
 * @returns why the key is refused; undefined: it is good.
 */
export function checkHostKey(files: KnownHostsFiles, host: Target, key: Buffer): ProvisionError | undefined {
  const { knownHosts, hostKeyChecking } = host.connection
  const name = knownAs(host)
  const shown = `${keyType(key) ?? 'unknown'} key ${fingerprint(key)}`
  const refuse = (message: string, hint: string) => failure(host, 'host-key', message, { hint })
  try {
    const { path, verdict } = verdictOf(files, host, key)
    switch (verdict.kind) {
      case 'known':
        return undefined
      case 'revoked':
        return refuse(
          `${host.address} shows the ${shown}, which is revoked in ${path}:${verdict.line}`,
          'Give the host a new key; a revoked one is never accepted.',
        )
      case 'changed':
        return refuse(
          `the host key of ${host.address} has CHANGED: it shows the ${shown}, but ${verdict.lines
            .map((line) => `${path}:${line}`)
            .join(', ')} ${verdict.lines.length === 1 ? 'has' : 'have'} another (${verdict.types.join(', ')})`,
          `Someone may be listening in. If the host was installed anew, check the fingerprint on its console; then \`provision trust --replace ${host.name}\` puts it in the place of the old key.`,
        )
      case 'authority':
        return refuse(
          `${host.address} is known in ${path}:${verdict.line} by a certificate authority, and the ssh transport cannot check host certificates`,
          'Set `transport: openssh` for this host, or add its plain key to the file.',
        )
      case 'unknown':
        if (hostKeyChecking === 'strict') {
          return refuse(
            `the host key of ${host.address} is not in ${path}: it shows the ${shown}`,
            `Compare the fingerprint with the host's console and record it: ${recording(host)}`,
          )
        }
        files.add(knownHosts, name, key)
        return undefined
    }
  } catch (error) {
    return failure(host, 'host-key', `${knownHosts} cannot be used: ${errno(error) ?? messageOf(error)}`, {
      cause: error,
    })
  }
}

/** Who decides on host keys. */
export interface HostKeys {
  /** What to ask a host for, best first. @throws ProvisionError host-key: that can't be told */
  algorithms(host: Target): Promise<readonly HostKeyAlgorithm[]>
  /** @returns why the key that a host shows is refused; undefined: it is good */
  check(host: Target, key: Buffer): Promise<ProvisionError | undefined>
}

/** Decides by the known_hosts files of this machine. */
export const hostKeysOf = (files: KnownHostsFiles): HostKeys => ({
  async algorithms(host) {
    const paths = knownHostsOf(host)
    try {
      const known = paths.map((path) => files.read(path))
      return hostKeyAlgorithms(known, host)
    } catch (error) {
      throw failure(host, 'host-key', `${paths.join(' or ')} cannot be read: ${errno(error) ?? messageOf(error)}`)
    }
  },
  check: async (host, key) => checkHostKey(files, host, key),
})
