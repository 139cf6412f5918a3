import { createHash, timingSafeEqual } from 'node:crypto'
import { decryptValue, encryptValue } from './cipher.ts'
import type { Leaf } from './leaf.ts'
import type { Metadata } from './metadata.ts'

/** SHA-256 of `sops`: what a MAC over encrypted values only begins with, so that it differs from one over all. */
const ENCRYPTED_ONLY = Buffer.from('8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69', 'hex')

/** Counts the values of a file, in their order, into its message authentication code. */
export interface Mac {
  add(leaf: Leaf, encrypted: boolean): void
  /** In capital hex digits. */
  digest(): string
}

export function createMac(macOnlyEncrypted: boolean): Mac {
  const hash = createHash('sha512')
  if (macOnlyEncrypted) hash.update(ENCRYPTED_ONLY)
  return {
    add({ bytes }, encrypted) {
      if (encrypted || !macOnlyEncrypted) hash.update(bytes)
    },
    digest: () => hash.digest('hex').toUpperCase(),
  }
}

/** Whether a file's own MAC is this one. */
export function macMatches({ mac, lastModified }: Metadata, key: Uint8Array, digest: string): boolean {
  try {
    const { bytes } = decryptValue(mac, key, lastModified)
    const own = Buffer.from(digest)
    return bytes.length === own.length && timingSafeEqual(bytes, own)
  } catch {
    return false
  }
}

/** The MAC as it is written into the file. */
export function sealMac(digest: string, key: Uint8Array, lastModified: string): string {
  return encryptValue({ type: 'str', bytes: Buffer.from(digest) }, key, lastModified)
}
