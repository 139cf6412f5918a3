import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ParsedKey } from 'ssh2'
import { reveal, type Secret } from '../masking/secret.ts'
import { errno } from './failure.ts'

/** What a key file is good for. Its public part is known too where it is encrypted, or the public one itself. */
export type KeyFile =
  | { readonly key: ParsedKey }
  | { readonly problem: 'unreadable' | 'not a private key' }
  | { readonly problem: 'encrypted' | 'only the public key' | 'missing'; readonly blob: string | undefined }

const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa']

/** ~/.ssh/id_*, as ssh looks for them. */
export const defaultKeyFiles = (env: NodeJS.ProcessEnv): string[] =>
  DEFAULT_KEYS.map((name) => join(env.HOME ?? homedir(), '.ssh', name))

export const blobOf = (key: ParsedKey): string => key.getPublicSSH().toString('base64')

export type ReadKey = (path: string) => Promise<KeyFile>

/** Reads each file once, however many hosts log in with it. */
export function keyReader(read: ReadKey = readKey): ReadKey {
  const known = new Map<string, Promise<KeyFile>>()
  return (path) => {
    const found = known.get(path) ?? read(path)
    known.set(path, found)
    return found
  }
}

export async function readKey(path: string): Promise<KeyFile> {
  try {
    const text = await readFile(path, 'utf8')
    const parsed = await parse(text)
    if (!(parsed instanceof Error)) {
      return parsed.isPrivateKey() ? { key: parsed } : { problem: 'only the public key', blob: blobOf(parsed) }
    }
    if (!/encrypted|passphrase/i.test(parsed.message)) return { problem: 'not a private key' }
    return { problem: 'encrypted', blob: publicPart(text) ?? (await publicFile(`${path}.pub`)) }
  } catch (error) {
    if (errno(error) !== 'ENOENT') return { problem: 'unreadable' }
    // ssh, too, takes the public part of a key that only an agent has.
    return { problem: 'missing', blob: await publicFile(`${path}.pub`) }
  }
}

/** An encrypted key in the clear; undefined where this is not its passphrase. */
export async function decryptKey(path: string, passphrase: Secret): Promise<ParsedKey | undefined> {
  const parsed = await parse(await readFile(path, 'utf8'), reveal(passphrase))
  return parsed instanceof Error || !parsed.isPrivateKey() ? undefined : parsed
}

const parse = async (text: string, passphrase?: string): Promise<ParsedKey | Error> => {
  const { default: ssh2 } = await import('ssh2')
  return ssh2.utils.parseKey(text, passphrase)
}

const publicFile = async (path: string): Promise<string | undefined> => {
  const parsed = await readFile(path, 'utf8').then(
    (text) => parse(text),
    () => undefined,
  )
  return parsed === undefined || parsed instanceof Error ? undefined : blobOf(parsed)
}

const MAGIC = 'openssh-key-v1\0'

/** An encrypted key in OpenSSH's own format has its public part in the clear: after cipher, KDF, and how many. */
function publicPart(text: string): string | undefined {
  const [, base64] = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END/.exec(text) ?? []
  const bytes = Buffer.from(base64 ?? '', 'base64')
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined
  let at = MAGIC.length
  const string = () => {
    const length = bytes.readUInt32BE(at)
    at += 4 + length
    return bytes.subarray(at - length, at)
  }
  try {
    for (let i = 0; i < 3; i++) string()
    at += 4
    return string().toString('base64')
  } catch {
    return undefined
  }
}
