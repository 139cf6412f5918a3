import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import type { HostSpec } from './spec.ts'

/** A key pair in OpenSSH's format. */
export interface KeyPair {
  readonly private: string
  readonly public: string
}

/** The secrets of one lab: made once, kept in its ignored folder, so that a host made anew is the same host. */
export interface LabKeys {
  readonly login: KeyPair
  readonly hosts: ReadonlyMap<string, KeyPair>
  readonly becomePassword: string
}

/** Reads the lab's secrets, makes those that are missing, and writes known_hosts for these hosts. */
export async function ensureKeys(dir: string, hosts: readonly HostSpec[]): Promise<LabKeys> {
  await mkdir(join(dir, 'host_keys'), { recursive: true, mode: 0o700 })
  const login = await ensurePair(join(dir, 'id_ed25519'), 'provision-lab')
  const becomePassword = await ensureFile(join(dir, 'become_password'), () => randomBytes(12).toString('base64url'))
  const pairs = new Map<string, KeyPair>()
  for (const host of hosts) pairs.set(host.name, await ensurePair(join(dir, 'host_keys', host.name), host.name))
  const lines = hosts.map((host) => {
    const [type, key] = (pairs.get(host.name)?.public ?? '').split(' ')
    const place = host.port === undefined ? host.address : `[${host.address}]:${host.port}`
    return `${place} ${type} ${key}\n`
  })
  await writeFile(join(dir, 'known_hosts'), lines.join(''))
  return { login, hosts: pairs, becomePassword: becomePassword.trim() }
}

async function ensurePair(path: string, comment: string): Promise<KeyPair> {
  const existing = await readOrUndefined(path)
  const existingPublic = await readOrUndefined(`${path}.pub`)
  if (existing !== undefined && existingPublic !== undefined && isReadable(existing))
    return { private: existing, public: existingPublic.trim() }
  const made = makeKeyPair(comment)
  await writeSecret(path, `${made.private.trimEnd()}\n`)
  await writeFile(`${path}.pub`, `${made.public}\n`)
  return made
}

/**
 * A key pair of the type ed25519. ssh2 takes the first byte off a public key where that is zero, one in 256; then nobody
 * can read the pair, sshd no more than ssh2 itself.
 */
export function makeKeyPair(comment: string): KeyPair {
  for (;;) {
    const made = ssh2.utils.generateKeyPairSync('ed25519', { comment })
    if (isReadable(made.private)) return made
  }
}

const isReadable = (privateKey: string): boolean => !(ssh2.utils.parseKey(privateKey) instanceof Error)

async function ensureFile(path: string, make: () => string): Promise<string> {
  const existing = await readOrUndefined(path)
  if (existing !== undefined) return existing
  const made = `${make()}\n`
  await writeSecret(path, made)
  return made
}

async function writeSecret(path: string, content: string): Promise<void> {
  await writeFile(path, content, { mode: 0o600 })
  await chmod(path, 0o600)
}

async function readOrUndefined(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}
