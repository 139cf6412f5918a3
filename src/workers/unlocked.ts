import { decryptKey } from '../connection/key-file.ts'
import type { UnlockedKey, UnlockedKeys } from '../connection/unlock.ts'
import { reveal, secret } from '../masking/secret.ts'

/** Key files with their passphrases, as they go to a worker: it reads the files by itself. */
export type Passphrases = readonly (readonly [path: string, passphrase: string])[]

export const passphrasesOf = (keys: UnlockedKeys | undefined): Passphrases =>
  [...(keys ?? [])].map(([path, { passphrase }]) => [path, reveal(passphrase)] as const)

/** The keys in the clear; one whose file is another by now is as if nobody had been asked for it. */
export async function unlocked(passphrases: Passphrases): Promise<UnlockedKeys> {
  const read = async ([path, text]: Passphrases[number]): Promise<(readonly [string, UnlockedKey])[]> => {
    const passphrase = secret(text)
    const key = await decryptKey(path, passphrase).catch(() => undefined)
    return key ? [[path, { key, passphrase }]] : []
  }
  return new Map((await Promise.all(passphrases.map(read))).flat())
}
