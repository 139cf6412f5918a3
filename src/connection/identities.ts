import type { AnyAuthMethod, ParsedKey } from 'ssh2'
import type { Target } from '../inventory/inventory.ts'
import { type AgentKey, agentKeys } from './agent.ts'
import { failure } from './failure.ts'
import { blobOf, type KeyFile, type ReadKey, readKey } from './key-file.ts'
import { keyLabel } from './key-label.ts'
import { keySources } from './key-sources.ts'
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
}

const AGENT = 'ssh-agent'

/** A file of {@link keySources} as it was found. */
interface Found {
  readonly path: string
  readonly file: KeyFile
}

/**
 * Which keys to log in with: the identity file alone when one is set; else those that ssh_config names, the agent's, and
 * ~/.ssh/id_* where none is named. A key that an agent holds is used by the agent, so that nobody needs its passphrase.
 * sshd takes a few only: what is named comes first, and of the agent's keys those that are usual files as well.
 * @param readFile how a key file is read
 * @throws ProvisionError auth when the identity file cannot be used.
 */
export async function findIdentities(
  host: Target,
  env: NodeJS.ProcessEnv,
  unlocked: UnlockedKeys = NO_KEYS,
  readFile: ReadKey = readKey,
): Promise<Identities> {
  const { user, identityFile } = host.connection
  const { files, named, only, socket } = keySources(host, env)
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
  const read = async (path: string): Promise<Found> => {
    const key = unlocked.get(path)?.key
    return { path, file: key ? { key } : await readFile(path) }
  }
  const found = await Promise.all(files.map(read))
  // An agent that hangs keeps nobody waiting who does not need it.
  const isNeeded = !only || found.some(({ file }) => !('key' in file))
  const held = socket === undefined || !isNeeded ? { problem: 'there is none' } : await agentKeys(socket)
  const ofAgent = 'problem' in held ? [] : held
  const heldAs = ({ file }: Found) => ofAgent.find(({ blob }) => blob === publicPart(file))
  const usableOf = (one: Found): Identity[] => {
    const key = heldAs(one)
    // What is in the clear needs no agent.
    if ('key' in one.file) return [key && !named ? inAgent(key) : inFile(one.path, one.file.key)]
    return key ? [inAgent(key)] : []
  }
  const [first] = found
  if (identityFile !== undefined && first && usableOf(first).length === 0) {
    throw useless(host, first, 'problem' in held ? held.problem : undefined)
  }
  const others = only ? [] : ofAgent.map(inAgent)
  const ofFiles = found.flatMap(usableOf)
  // Of files that nobody has named, those that the agent holds as well come before the rest of it.
  const agents = new Set(ofAgent.map(({ blob }) => blob))
  const isHeld = ({ blob }: Identity) => agents.has(blob)
  const ordered = named
    ? [...ofFiles, ...others]
    : [...ofFiles.filter(isHeld), ...others, ...ofFiles.filter((one) => !isHeld(one))]
  return {
    usable: ordered.filter(({ blob }, i) => ordered.findIndex((one) => one.blob === blob) === i),
    skipped: [
      ...(socket !== undefined && isNeeded && 'problem' in held ? [`${AGENT} (${held.problem})`] : []),
      ...found.flatMap((one) => {
        const quiet = 'key' in one.file || usableOf(one).length > 0 || (one.file.problem === 'missing' && !named)
        return quiet ? [] : `${one.path} (${one.file.problem})`
      }),
    ],
  }
}

const publicPart = (file: KeyFile): string | undefined =>
  'key' in file ? blobOf(file.key) : 'blob' in file ? file.blob : undefined

/** @param problem why there is nothing of an agent */
function useless(host: Target, { path, file }: Found, problem: string | undefined) {
  const what = `the identity file ${path} is ${'problem' in file ? file.problem : 'of no use'}`
  const refuse = (message: string, hint: string) => failure(host, 'auth', message, { hint })
  if (!('blob' in file) || (file.problem === 'missing' && file.blob === undefined)) {
    return refuse(what, 'Set identity_file to a private key that you may read, or remove it to use ssh-agent.')
  }
  if (problem === undefined && file.blob === undefined) {
    return refuse(
      `${what}, and which key of ssh-agent it is can't be told`,
      `Write its public part beside it: \`ssh-keygen -y -f ${path} > ${path}.pub\`.`,
    )
  }
  return refuse(
    `${what}, and of ssh-agent: ${problem ?? 'it does not hold this key'}`,
    'Load it into ssh-agent (`ssh-add`) and run provision where SSH_AUTH_SOCK is set; on a terminal, provision asks for the passphrase.',
  )
}
