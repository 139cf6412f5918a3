import type { ParsedKey } from 'ssh2'
import { InputError } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import type { Secret } from '../masking/secret.ts'
import { agentKeys } from './agent.ts'
import { decryptKey, defaultKeyFiles, readKey } from './key-file.ts'

/** A key file that was encrypted. Its passphrase is for programs that read the file themselves. */
export interface UnlockedKey {
  readonly key: ParsedKey
  readonly passphrase: Secret
}

/** By path. */
export type UnlockedKeys = ReadonlyMap<string, UnlockedKey>

export const NO_KEYS: UnlockedKeys = new Map()

/** @returns undefined where the key is not to be used */
export type AskPassphrase = (path: string, again: boolean) => Promise<Secret | undefined>

const TRIES = 3

export interface UnlockMeans {
  /** Undefined: there is nobody to ask. */
  readonly ask: AskPassphrase | undefined
  /** There is a password to log in with where no key does. */
  readonly hasPassword: boolean
}

/**
 * Asks for the passphrases of the keys that hosts can't do without, each once however many hosts use it: identity files
 * that are encrypted and in no agent, and a usual key where there is no other. This is done before the first login: a
 * server does not wait for somebody who looks for a passphrase.
 * @throws InputError when a passphrase was wrong three times
 */
export async function unlockKeys(
  hosts: readonly Target[],
  env: NodeJS.ProcessEnv,
  { ask, hasPassword }: UnlockMeans,
): Promise<UnlockedKeys> {
  if (ask === undefined) return NO_KEYS
  const agent = env.SSH_AUTH_SOCK ? await agentKeys(env.SSH_AUTH_SOCK) : []
  const held = new Set('problem' in agent ? [] : agent.map(({ blob }) => blob))
  const isEncrypted = async (path: string): Promise<boolean> => {
    const file = await readKey(path)
    return 'problem' in file && file.problem === 'encrypted' && !(file.blob !== undefined && held.has(file.blob))
  }
  const unlocked = new Map<string, UnlockedKey>()
  const unlock = async (path: string): Promise<boolean> => {
    const found = await passphraseOf(path, ask)
    if (found) unlocked.set(path, found)
    return found !== undefined
  }
  for (const path of new Set(hosts.flatMap(namedFile))) if (await isEncrypted(path)) await unlock(path)

  const usesDefaults = hosts.some(({ connection: { transport, identityFile } }) => transport === 'ssh' && !identityFile)
  if (!usesDefaults || hasPassword || held.size > 0) return unlocked
  const files = await Promise.all(defaultKeyFiles(env).map(async (path) => ({ path, file: await readKey(path) })))
  if (files.some(({ file }) => 'key' in file)) return unlocked
  for (const { path } of files) if ((await isEncrypted(path)) && (await unlock(path))) break
  return unlocked
}

const namedFile = ({ connection: { transport, identityFile } }: Target): string[] =>
  transport === 'local' || identityFile === undefined ? [] : [identityFile]

async function passphraseOf(path: string, ask: AskPassphrase): Promise<UnlockedKey | undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    const passphrase = await ask(path, tries > 0)
    if (passphrase === undefined) return undefined
    const key = await decryptKey(path, passphrase)
    if (key) return { key, passphrase }
  }
  const hint = `try it with \`ssh-keygen -y -f ${path}\`, or load the key into ssh-agent (\`ssh-add\`)`
  throw new InputError([{ message: `${path}: the passphrase was wrong ${TRIES} times`, hint }])
}
