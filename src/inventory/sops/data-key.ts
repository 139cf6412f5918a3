import { reveal, type Secret } from '../../masking/secret.ts'
import type { AgeEntry } from './metadata.ts'

const KEY_BYTES = 32

/** Opens data keys; undefined when it can't. */
export type Unwrap = (entries: readonly AgeEntry[]) => Promise<Uint8Array | undefined>

/**
 * Opens the data keys of files with whichever identity can. Made once for all files: to get an identity ready takes as
 * long as to open a file with it.
 * @throws Error when an identity is damaged; the message does not show it.
 */
export async function unwrapper(identities: readonly Secret[]): Promise<Unwrap> {
  if (identities.length === 0) return async () => undefined
  // Loaded where it is needed: most runs have no encrypted file.
  const { armor, Decrypter } = await import('age-encryption')
  const decrypter = new Decrypter()
  for (const identity of identities) addTo(decrypter, identity)
  return async (entries) => {
    for (const { enc } of entries) {
      try {
        const key = await decrypter.decrypt(armor.decode(enc))
        if (key.length === KEY_BYTES) return key
      } catch {
        // For another recipient, or damaged: the next one may do.
      }
    }
    return undefined
  }
}

function addTo(decrypter: { addIdentity(identity: string): void }, identity: Secret): void {
  try {
    decrypter.addIdentity(reveal(identity))
  } catch {
    throw new Error('one of the age keys at hand is damaged: its checksum is wrong')
  }
}

/**
 * Wraps a data key for each recipient by itself, as sops does.
 * @throws Error when a recipient is no age recipient.
 */
export async function wrapDataKey(key: Uint8Array, recipients: readonly string[]): Promise<AgeEntry[]> {
  const { armor, Encrypter } = await import('age-encryption')
  const wrap = async (recipient: string): Promise<AgeEntry> => {
    const encrypter = new Encrypter()
    encrypter.addRecipient(recipient)
    return { recipient, enc: armor.encode(await encrypter.encrypt(key)) }
  }
  return Promise.all(recipients.map(wrap))
}
