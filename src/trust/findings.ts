import pLimit from 'p-limit'
import { hostKeysOf, knownHostsFiles } from '../connection/host-key.ts'
import { jumpHosts } from '../connection/jump-hosts.ts'
import { keyReader } from '../connection/key-file.ts'
import { keyWord } from '../connection/key-label.ts'
import { fingerprint, type HostAddress, keyType } from '../connection/known-hosts.ts'
import { loginMemory } from '../connection/login-memory.ts'
import { type ScanMeans, scanHostKey } from '../connection/scan.ts'
import { openSession } from '../connection/session.ts'
import type { ShownKey } from '../connection/shown-key.ts'
import type { UnlockedKeys } from '../connection/unlock.ts'
import { messageOf, ProvisionError } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import type { Expectation, ExpectedKeys, Named } from './expected.ts'

/** What became of asking a host for its key. */
export type Finding =
  | { readonly state: 'known'; readonly host: Target }
  | { readonly state: 'unreachable'; readonly host: Target; readonly why: string }
  | ShownFinding

/** A key that a run would refuse. */
export interface ShownFinding {
  readonly state: 'unknown' | 'changed' | 'revoked' | 'authority'
  readonly host: Target
  readonly key: Buffer
  /** In OpenSSH's words: ED25519, SHA256:… */
  readonly type: string
  readonly fingerprint: string
  /** What it would be recorded as. */
  readonly name: HostAddress
  /** The file that speaks of the host, and where; else the one that it would be recorded in. */
  readonly path: string
  readonly lines: readonly number[]
  readonly expected: Expectation
}

/** How the inventory and known_hosts files call a host. */
export const namedHost = (host: Target): Named => ({
  name: host.name,
  address: host.connection.host ?? host.address,
  port: host.connection.port,
})

export interface FindMeans extends Pick<ScanMeans, 'env' | 'signal'> {
  /** For the jump hosts. */
  readonly keys?: UnlockedKeys | undefined
  readonly forks: number
  readonly expected: ExpectedKeys | undefined
  readonly warn?: (message: string) => void
}

/** Asks all hosts for their keys, in the order given. */
export async function findKeys(hosts: readonly Target[], means: FindMeans): Promise<Finding[]> {
  const files = knownHostsFiles(means.warn)
  const limit = pLimit(means.forks)
  const { env, keys, signal } = means
  const login = { hostKeys: hostKeysOf(files), env, memory: loginMemory(), keys, readKey: keyReader(), signal }
  const onTheWay = jumpHosts(
    (jump, way) => openSession(jump, way, login),
    (message) => means.warn?.(message),
  )
  return Promise.all(
    hosts.map((host) =>
      limit(async (): Promise<Finding> => {
        const types = means.expected?.types(namedHost(host)) ?? []
        try {
          const found = await scanHostKey(host, { ...means, files, jumpHosts: onTheWay }, (algorithm) =>
            types.includes(keyWord(typeOf(algorithm))),
          )
          return found === undefined || found.verdict.kind === 'known'
            ? { state: 'known', host }
            : shown(host, found, means)
        } catch (error) {
          if (error instanceof ProvisionError && error.code === 'aborted') throw error
          return { state: 'unreachable', host, why: messageOf(error) }
        }
      }),
    ),
  )
}

const typeOf = (algorithm: string) => (algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm)

function shown(host: Target, { key, name, verdict, path }: ShownKey, { expected }: FindMeans): Finding {
  return {
    state: verdict.kind === 'known' ? 'unknown' : verdict.kind,
    host,
    key,
    type: keyWord(keyType(key)),
    fingerprint: fingerprint(key),
    name,
    path: verdict.kind === 'unknown' ? host.connection.knownHosts : path,
    lines: 'lines' in verdict ? verdict.lines : 'line' in verdict ? [verdict.line] : [],
    expected: expected?.of(namedHost(host), key) ?? { kind: 'silent' },
  }
}

/** Hosts that show one key: cloned from one image, or one machine under several names. */
export function sharedKeys(findings: readonly Finding[]): readonly (readonly string[])[] {
  const byKey = new Map<string, string[]>()
  for (const finding of findings) {
    if (!('key' in finding)) continue
    const known = byKey.get(finding.fingerprint)
    if (known) known.push(finding.host.name)
    else byKey.set(finding.fingerprint, [finding.host.name])
  }
  return [...byKey.values()].filter((hosts) => hosts.length > 1)
}
