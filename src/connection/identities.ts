import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { AnyAuthMethod, AuthHandlerMiddleware, ParsedKey } from 'ssh2'
import type { Host } from '../inventory/inventory.ts'
import { errno, failure } from './failure.ts'

/** One way to log in, with the words for it in a message. */
export interface Identity {
  readonly label: string
  readonly method: AnyAuthMethod
}

export interface Identities {
  readonly usable: readonly Identity[]
  /** Keys that were found but cannot be used, and why. */
  readonly skipped: readonly string[]
}

type KeyFile =
  | { readonly key: ParsedKey }
  | { readonly problem: 'missing' | 'unreadable' | 'encrypted' | 'not a private key' }

const readKey = async (path: string): Promise<KeyFile> => {
  const { default: ssh2 } = await import('ssh2')
  try {
    const text = await readFile(path, 'utf8')
    const parsed = ssh2.utils.parseKey(text)
    if (!(parsed instanceof Error)) return parsed.isPrivateKey() ? { key: parsed } : { problem: 'not a private key' }
    return { problem: /encrypted|passphrase/i.test(parsed.message) ? 'encrypted' : 'not a private key' }
  } catch (error) {
    return { problem: errno(error) === 'ENOENT' ? 'missing' : 'unreadable' }
  }
}

const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa']

/**
 * What to log in with: the identity file alone when one is set, else the agent's keys, then ~/.ssh/id_*. No passwords.
 * An encrypted identity file stands for the agent, which may hold it.
 * @throws ProvisionError auth when the identity file cannot be used.
 */
export async function findIdentities(host: Host, env: NodeJS.ProcessEnv): Promise<Identities> {
  const { identityFile, user } = host.connection
  const socket = env.SSH_AUTH_SOCK
  const agent: Identity[] = socket
    ? [{ label: 'the agent', method: { type: 'agent', username: user, agent: socket } }]
    : []
  const fromFile = (path: string, key: ParsedKey): Identity => ({
    label: path,
    method: { type: 'publickey', username: user, key },
  })
  if (identityFile !== undefined) {
    const file = await readKey(identityFile)
    if ('key' in file) return { usable: [fromFile(identityFile, file.key)], skipped: [] }
    if (file.problem === 'encrypted' && agent.length > 0) {
      return { usable: agent, skipped: [`${identityFile} (encrypted)`] }
    }
    throw failure(host, 'auth', `the identity file ${identityFile} is ${file.problem}`, {
      hint:
        file.problem === 'encrypted'
          ? 'Load it into ssh-agent (`ssh-add`) and run provision where SSH_AUTH_SOCK is set.'
          : 'Set identity_file to a private key that you may read, or remove it to use ssh-agent.',
    })
  }
  const usable = [...agent]
  const skipped: string[] = []
  for (const path of DEFAULT_KEYS.map((name) => join(env.HOME ?? homedir(), '.ssh', name))) {
    const file = await readKey(path)
    if ('key' in file) usable.push(fromFile(path, file.key))
    else if (file.problem !== 'missing') skipped.push(`${path} (${file.problem})`)
  }
  return { usable, skipped }
}

/** Offers identities one after the other and remembers what was tried and what the server would take. */
export interface Login {
  readonly handler: AuthHandlerMiddleware
  /** True once the handshake is over and the server has been asked. */
  begun(): boolean
  /** For a message, e.g. `tried the agent; the server takes publickey`. */
  story(): string
}

export function login(identities: Identities): Login {
  const left = [...identities.usable]
  const tried: string[] = []
  let begun = false
  let accepted: readonly string[] = []
  return {
    // ssh2 takes what is returned; false ends the login.
    handler: (methods) => {
      begun = true
      if (methods) accepted = methods
      const next = left.shift()
      if (next === undefined) return false
      tried.push(next.label)
      return next.method
    },
    begun: () => begun,
    story: () =>
      [
        tried.length > 0 ? `tried ${tried.join(', ')}` : 'there was no key to try',
        ...(identities.skipped.length > 0 ? [`skipped ${identities.skipped.join(', ')}`] : []),
        ...(accepted.length > 0 ? [`the server takes ${accepted.join(', ')}`] : []),
      ].join('; '),
  }
}
