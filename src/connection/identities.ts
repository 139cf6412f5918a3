import type { AnyAuthMethod, ParsedKey } from 'ssh2'
import type { Target } from '../inventory/inventory.ts'
import { type AgentKey, agentKeys } from './agent.ts'
import { failure } from './failure.ts'
import { blobOf, defaultKeyFiles, readKey } from './key-file.ts'
import { keyLabel } from './key-label.ts'
import { NO_KEYS, type UnlockedKeys } from './unlock.ts'

/** One key to log in with, with the words for it in a message. */
export interface Identity {
  /** Its type, fingerprint, comment and where it is from. */
  readonly label: string
  /** Its public part: the same key is not offered twice. */
  readonly blob: string
  readonly method: AnyAuthMethod
}

export interface Identities {
  readonly usable: readonly Identity[]
  /** Keys that were found but cannot be used, and why. */
  readonly skipped: readonly string[]
  /** They were named: nobody looked for others. */
  readonly named: boolean
}

const AGENT = 'ssh-agent'

/**
 * Which keys to log in with: the identity file alone when one is set, else the agent's keys, then ~/.ssh/id_*.
 * An encrypted identity file, or the public part of one, stands for its key in the agent, and for no other. sshd takes a
 * few only, so of the agent's keys those come first that are usual files as well, as ssh has it.
 * @throws ProvisionError auth when the identity file cannot be used.
 */
export async function findIdentities(
  host: Target,
  env: NodeJS.ProcessEnv,
  unlocked: UnlockedKeys = NO_KEYS,
): Promise<Identities> {
  const { identityFile, user } = host.connection
  const inAgent = ({ key, blob, method }: AgentKey): Identity => ({
    label: keyLabel(blob, [key.comment, AGENT]),
    blob,
    method: method(user),
  })
  const inFile = (path: string, key: ParsedKey): Identity => ({
    label: keyLabel(blobOf(key), [path]),
    blob: blobOf(key),
    method: { type: 'publickey', username: user, key },
  })
  const read = async (path: string) => {
    const key = unlocked.get(path)?.key
    return key ? { key } : readKey(path)
  }
  const agent = env.SSH_AUTH_SOCK ? agentKeys(env.SSH_AUTH_SOCK) : undefined
  if (identityFile !== undefined) {
    const file = await read(identityFile)
    if ('key' in file) return { usable: [inFile(identityFile, file.key)], skipped: [], named: true }
    const what = `the identity file ${identityFile} is ${file.problem}`
    if (!('blob' in file) || (file.problem === 'missing' && file.blob === undefined)) throw useless(host, what)
    const held = (await agent) ?? { problem: 'there is none' }
    if ('problem' in held) throw locked(host, what, held.problem)
    if (file.blob === undefined) throw unknown(host, what, identityFile)
    const same = held.filter(({ blob }) => blob === file.blob)
    if (same.length === 0) throw locked(host, what, 'it does not hold this key')
    return { usable: same.map(inAgent), skipped: [], named: true }
  }
  const files = await Promise.all(defaultKeyFiles(env).map(async (path) => ({ path, file: await read(path) })))
  const held = (await agent) ?? []
  const usual = new Set(
    files.flatMap(({ file }) => ('key' in file ? blobOf(file.key) : 'blob' in file ? file.blob : [])),
  )
  const ofAgent =
    'problem' in held ? [] : held.toSorted((a, b) => Number(usual.has(b.blob)) - Number(usual.has(a.blob)))
  const isHeld = (blob: string | undefined) => ofAgent.some((key) => key.blob === blob)
  return {
    usable: [
      ...ofAgent.map(inAgent),
      ...files.flatMap(({ path, file }) => ('key' in file && !isHeld(blobOf(file.key)) ? inFile(path, file.key) : [])),
    ],
    skipped: [
      ...('problem' in held ? [`${AGENT} (${held.problem})`] : []),
      ...files.flatMap(({ path, file }) =>
        'key' in file || file.problem === 'missing' || ('blob' in file && isHeld(file.blob))
          ? []
          : `${path} (${file.problem})`,
      ),
    ],
    named: false,
  }
}

const useless = (host: Target, message: string) =>
  failure(host, 'auth', message, {
    hint: 'Set identity_file to a private key that you may read, or remove it to use ssh-agent.',
  })

const locked = (host: Target, message: string, agent: string) =>
  failure(host, 'auth', `${message}, and of ssh-agent: ${agent}`, {
    hint: 'Load it into ssh-agent (`ssh-add`) and run provision where SSH_AUTH_SOCK is set; on a terminal, provision asks for the passphrase.',
  })

const unknown = (host: Target, message: string, path: string) =>
  failure(host, 'auth', `${message}, and which key of ssh-agent it is can't be told`, {
    hint: `Write its public part beside it: \`ssh-keygen -y -f ${path} > ${path}.pub\`.`,
  })
