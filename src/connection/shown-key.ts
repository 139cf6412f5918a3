import type { HostAddress, KeyVerdict } from './known-hosts.ts'

/** The key that a host shows, held against its known_hosts file. */
export interface ShownKey {
  readonly key: Buffer
  readonly verdict: KeyVerdict
  /** The file that says so. */
  readonly path: string
  /** What it is looked up by, and recorded as. */
  readonly name: HostAddress
}
