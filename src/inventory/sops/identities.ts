import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../errors.ts'
import { reveal, type Secret, secret } from '../../masking/secret.ts'
import { expandPath } from '../connection.ts'

/** Where age keys may be, as sops has it. */
export interface KeySources {
  /** SOPS_AGE_KEY: the keys themselves. */
  readonly given?: Secret | undefined
  /** SOPS_AGE_KEY_FILE. */
  readonly file?: string | undefined
  /** `age_key_file` of an inventory's hosts.yml, absolute. */
  readonly inventory?: string | undefined
  /** sops/age/keys.txt in the user's configuration. */
  readonly usual: string
}

export interface Identities {
  /** AGE-SECRET-KEY-1…, each once. */
  readonly identities: readonly Secret[]
  /** Where keys were looked for, as people read it. */
  readonly looked: readonly string[]
}

/** Takes the sources out of an environment: no process that is started later inherits the key. */
export function takeKeySources(env: NodeJS.ProcessEnv, home: string): KeySources {
  const given = env.SOPS_AGE_KEY
  delete env.SOPS_AGE_KEY
  const config = env.XDG_CONFIG_HOME?.startsWith('/') ? env.XDG_CONFIG_HOME : join(home, '.config')
  return {
    ...(given ? { given: secret(given) } : {}),
    ...(env.SOPS_AGE_KEY_FILE ? { file: env.SOPS_AGE_KEY_FILE } : {}),
    usual: join(config, 'sops', 'age', 'keys.txt'),
  }
}

/**
 * Adds what an inventory says of its key.
 * @param written `age_key_file`, relative to `dir` unless it is absolute or under `~`
 */
export function withInventoryKey(
  sources: KeySources,
  written: string | undefined,
  dir: string,
  home: string,
): KeySources {
  return written === undefined ? sources : { ...sources, inventory: expandPath(written, dir, home) }
}

/** Reads all keys that there are. A file that is missing or holds none is told in `looked`. */
export async function readIdentities({ given, file, inventory, usual }: KeySources): Promise<Identities> {
  const files = [...(file === undefined ? [] : [{ path: file, name: `$SOPS_AGE_KEY_FILE (${file})` }])]
  if (inventory !== undefined) files.push({ path: inventory, name: `age_key_file (${inventory})` })
  if (file !== usual) files.push({ path: usual, name: usual })
  const read = await Promise.all(files.map(async ({ path, name }) => ({ name, ...(await keysOfFile(path)) })))
  const sources = [
    given === undefined
      ? { name: '$SOPS_AGE_KEY', keys: [], why: 'not set' }
      : { name: '$SOPS_AGE_KEY', ...keysIn(reveal(given)) },
    ...read,
  ]
  const keys = [...new Set(sources.flatMap((source) => source.keys))]
  return {
    identities: keys.map((key) => secret(key)),
    looked: sources.map(({ name, why }) => `${name} (${why})`),
  }
}

interface Found {
  readonly keys: readonly string[]
  /** What was found, or why nothing was. */
  readonly why: string
}

async function keysOfFile(path: string): Promise<Found> {
  try {
    return keysIn(await readFile(path, 'utf8'))
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return { keys: [], why: missing ? 'not there' : messageOf(error) }
  }
}

/** One identity a line; lines with # are comments. */
function keysIn(text: string): Found {
  const lines = text.split(/\r?\n/).map((line) => line.trim())
  const keys = lines.filter((line) => KEY.test(line))
  if (keys.length > 0) return { keys, why: keys.length === 1 ? 'one key' : `${keys.length} keys` }
  return { keys: [], why: text.includes('BEGIN AGE ENCRYPTED FILE') ? 'encrypted itself' : 'no age key in it' }
}

const KEY = /^AGE-SECRET-KEY-(PQ-)?1[A-Z0-9]+$/
