import type { ParsedKey } from 'ssh2'
import { InputError } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import type { Secret } from '../masking/secret.ts'
import { agentKeys } from './agent.ts'
import { decryptKey, type KeyFile, readKey } from './key-file.ts'
import { type KeySources, keySources } from './key-sources.ts'

/** A key file that was encrypted. */
export interface UnlockedKey {
  readonly key: ParsedKey
  /** For the ssh program, which reads the file by itself. */
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
 * Asks for the passphrases of the keys that logins can't do without, each once however many hosts use it: identity files
 * that are encrypted and in no agent, and one of the others where none of them can be used as it is. This is done before
 * the first login: a server does not wait for somebody who looks for a passphrase.
 * @throws InputError when a passphrase was wrong three times
 */
export async function unlockKeys(
  hosts: readonly Target[],
  env: NodeJS.ProcessEnv,
  { ask, hasPassword }: UnlockMeans,
): Promise<UnlockedKeys> {
  const unlocked = new Map<string, UnlockedKey>()
  if (ask === undefined) return unlocked
  const prompted = new Set<string>()
  const unlock = async (path: string): Promise<boolean> => {
    if (prompted.has(path)) return unlocked.has(path)
    prompted.add(path)
    const found = await passphraseOf(path, ask)
    if (found) unlocked.set(path, found)
    return found !== undefined
  }
  for (const { files, named, only, socket, must } of sourcesOf(hosts, env)) {
    const agent = socket === undefined ? [] : await agentKeys(socket)
    const held = 'problem' in agent ? [] : agent.map(({ blob }) => blob)
    const found = await Promise.all(files.map(async (path) => ({ path, file: await readKey(path) })))
    const isUsable = (file: KeyFile) => 'key' in file || ('blob' in file && held.some((blob) => blob === file.blob))
    const others = (!only && held.length > 0) || (hasPassword && !named)
    if (found.some(({ file }) => isUsable(file)) || (others && !must)) continue
    for (const { path, file } of found) {
      if ('problem' in file && file.problem === 'encrypted' && (await unlock(path))) break
    }
  }
  return unlocked
}

/** Of each way to look for keys, one. */
function sourcesOf(hosts: readonly Target[], env: NodeJS.ProcessEnv): (KeySources & { readonly must: boolean })[] {
  const all = [...new Set(hosts.flatMap((host) => [host, ...(host.connection.jumps ?? [])]))].flatMap((host) => {
    const { transport, identityFile } = host.connection
    if (transport === 'local') return []
    const sources = keySources(host, env)
    return { ...sources, must: identityFile !== undefined }
  })
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()]
}

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
