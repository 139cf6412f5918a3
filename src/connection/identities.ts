import { homedir } from 'node:os'
import { join } from 'node:path'
import type { AnyAuthMethod, AuthHandlerMiddleware, ParsedKey } from 'ssh2'
import type { Host } from '../inventory/inventory.ts'
import { type AgentKey, agentKeys } from './agent.ts'
import { failure } from './failure.ts'
import { blobOf, readKey } from './key-file.ts'

/** One key to log in with, with the words for it in a message. */
export interface Identity {
  readonly label: string
  /** Its public part: the same key is not offered twice. */
  readonly blob: string
  readonly method: AnyAuthMethod
}

export interface Identities {
  readonly usable: readonly Identity[]
  /** Keys that were found but cannot be used, and why. */
  readonly skipped: readonly string[]
}

const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa']
const AGENT = 'the agent'

/**
 * What to log in with: the identity file alone when one is set, else the agent's keys, then ~/.ssh/id_*. No passwords.
 * An encrypted identity file, or the public part of one, stands for its key in the agent, and for no other.
 * @throws ProvisionError auth when the identity file cannot be used.
 */
export async function findIdentities(host: Host, env: NodeJS.ProcessEnv): Promise<Identities> {
  const { identityFile, user } = host.connection
  const inAgent = (key: AgentKey): Identity => ({ label: AGENT, blob: key.blob, method: key.method(user) })
  const inFile = (path: string, key: ParsedKey): Identity => ({
    label: path,
    blob: blobOf(key),
    method: { type: 'publickey', username: user, key },
  })
  if (identityFile !== undefined) {
    const file = await readKey(identityFile)
    if ('key' in file) return { usable: [inFile(identityFile, file.key)], skipped: [] }
    if (!('blob' in file)) throw useless(host, `the identity file ${identityFile} is ${file.problem}`)
    const agent = env.SSH_AUTH_SOCK ? await agentKeys(env.SSH_AUTH_SOCK) : { problem: 'there is none' }
    if ('problem' in agent) throw locked(host, `the identity file ${identityFile} is ${file.problem}`, agent.problem)
    const same = agent.filter(({ blob }) => file.blob === undefined || blob === file.blob)
    if (same.length === 0) {
      throw locked(host, `the identity file ${identityFile} is ${file.problem}`, 'it does not hold this key')
    }
    return { usable: same.map(inAgent), skipped: [`${identityFile} (${file.problem})`] }
  }
  const usable: Identity[] = []
  const skipped: string[] = []
  if (env.SSH_AUTH_SOCK) {
    const agent = await agentKeys(env.SSH_AUTH_SOCK)
    if ('problem' in agent) skipped.push(`${AGENT} (${agent.problem})`)
    else usable.push(...agent.map(inAgent))
  }
  for (const path of DEFAULT_KEYS.map((name) => join(env.HOME ?? homedir(), '.ssh', name))) {
    const file = await readKey(path)
    if (!('key' in file)) {
      if (file.problem !== 'missing') skipped.push(`${path} (${file.problem})`)
    } else if (!usable.some(({ blob }) => blob === blobOf(file.key))) usable.push(inFile(path, file.key))
  }
  return { usable, skipped }
}

const useless = (host: Host, message: string) =>
  failure(host, 'auth', message, {
    hint: 'Set identity_file to a private key that you may read, or remove it to use ssh-agent.',
  })

const locked = (host: Host, message: string, agent: string) =>
  failure(host, 'auth', `${message}, and of ssh-agent: ${agent}`, {
    hint: 'Load it into ssh-agent (`ssh-add`) and run provision where SSH_AUTH_SOCK is set.',
  })

/** Which keys let us in, here and elsewhere: they are offered first, for sshd takes a few tries only. */
export interface LoginMemory {
  /** The same keys, in the order in which to offer them. */
  ordered(host: Host, identities: Identities): Identities
  worked(host: Host, identity: Identity): void
}

export function loginMemory(): LoginMemory {
  const here = new Map<string, string>()
  /** The last one that worked anywhere is the last. */
  const anywhere = new Set<string>()
  return {
    ordered(host, identities) {
      const last = [...anywhere]
      const rank = ({ blob }: Identity) => (here.get(host.name) === blob ? last.length : last.indexOf(blob))
      return { ...identities, usable: identities.usable.toSorted((a, b) => rank(b) - rank(a)) }
    },
    worked(host, { blob }) {
      here.set(host.name, blob)
      anywhere.delete(blob)
      anywhere.add(blob)
    },
  }
}

/** Offers identities one after the other and remembers what was tried and what the server would take. */
export interface Login {
  readonly handler: AuthHandlerMiddleware
  /** True once the handshake is over and the server has been asked. */
  begun(): boolean
  /** What was offered last; after a login, what opened the door. */
  last(): Identity | undefined
  /** For a message, e.g. `tried 2 keys of the agent; the server takes publickey`. */
  story(): string
}

export function login(identities: Identities): Login {
  const left = [...identities.usable]
  const tried: Identity[] = []
  let begun = false
  let accepted: readonly string[] = []
  return {
    // ssh2 takes what is returned; false ends the login.
    handler: (methods) => {
      begun = true
      if (methods) accepted = methods
      const next = left.shift()
      if (next === undefined) return false
      tried.push(next)
      return next.method
    },
    begun: () => begun,
    last: () => tried.at(-1),
    story: () =>
      [
        tried.length > 0 ? `tried ${wordsFor(tried)}` : 'there was no key to try',
        ...(left.length > 0 && tried.length > 0 ? [`not tried any more: ${wordsFor(left)}`] : []),
        ...(identities.skipped.length > 0 ? [`skipped ${identities.skipped.join(', ')}`] : []),
        ...(accepted.length > 0 ? [`the server takes ${accepted.join(', ')}`] : []),
      ].join('; '),
  }
}

function wordsFor(identities: readonly Identity[]): string {
  const agents = identities.filter(({ label }) => label === AGENT).length
  const files = identities.map(({ label }) => label).filter((label) => label !== AGENT)
  return [...(agents > 0 ? [`${agents === 1 ? '1 key' : `${agents} keys`} of ${AGENT}`] : []), ...files].join(', ')
}
