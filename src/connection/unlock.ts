import type { ParsedKey } from 'ssh2'
import type { Secret } from '../masking/secret.ts'

/** A key file that was encrypted. Its passphrase is for programs that read the file themselves. */
export interface UnlockedKey {
  readonly key: ParsedKey
  readonly passphrase: Secret
}

/** By path. */
export type UnlockedKeys = ReadonlyMap<string, UnlockedKey>

export const NO_KEYS: UnlockedKeys = new Map()
