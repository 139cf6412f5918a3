import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { type Leaf, leafFrom } from './leaf.ts'

/** SOPS takes nonces of this length where others take 12 bytes. */
const NONCE_BYTES = 32

const FORM = /^ENC\[AES256_GCM,data:(.+),iv:(.+),tag:(.+),type:(.+)\]/

/** What is authenticated with a value: where it stands, so that nobody can move it to another place. */
export function placeOf(path: readonly string[]): string {
  return `${path.join(':')}:`
}

export const isEncrypted = (text: string): boolean => FORM.test(text)

/**
 * Decrypts one value (`ENC[AES256_GCM,…]`). An empty text stands for itself.
 * @param authenticated what was authenticated with it: its place, for the MAC the time of the last change.
 * @throws Error when it is not of that form, or does not come from this key, place or type.
 */
export function decryptValue(text: string, key: Uint8Array, authenticated: string): Leaf {
  if (text === '') return leafFrom('str', Buffer.alloc(0))
  const [, data, iv, tag, type] = FORM.exec(text) ?? []
  if (data === undefined || iv === undefined || tag === undefined || type === undefined) {
    throw new Error('it is not encrypted')
  }
  return leafFrom(type, opened(decoded(data), decoded(iv), decoded(tag), key, authenticated))
}

function opened(data: Buffer, iv: Buffer, tag: Buffer, key: Uint8Array, authenticated: string): Buffer {
  try {
    // A shorter tag would be easier to forge.
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 })
    decipher.setAAD(Buffer.from(authenticated))
    decipher.setAuthTag(tag)
    return Buffer.concat([decipher.update(data), decipher.final()])
  } catch {
    throw new Error('it was changed, or moved here from another place')
  }
}

const decoded = (base64: string): Buffer => Buffer.from(base64, 'base64')

/** Encrypts one value for one place. An empty one is not encrypted: SOPS leaves it as it is. */
export function encryptValue({ type, bytes }: Leaf, key: Uint8Array, authenticated: string): string {
  if (bytes.length === 0) return ''
  const iv = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: 16 })
  cipher.setAAD(Buffer.from(authenticated))
  const data = Buffer.concat([cipher.update(bytes), cipher.final()])
  const parts = [data, iv, cipher.getAuthTag()].map((part) => part.toString('base64'))
  return `ENC[AES256_GCM,data:${parts[0]},iv:${parts[1]},tag:${parts[2]},type:${type}]`
}
