import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ProvisionError } from '../errors.ts'

/** Public keys of whoever makes the project: ~/.ssh/id_*.pub, the best kind first. */
export async function ownPublicKeys(home: string): Promise<string[]> {
  const dir = join(home, '.ssh')
  const names = (await readdir(dir).catch((): string[] => [])).filter((name) => /^id_\w+\.pub$/.test(name))
  const rank = (name: string): number => {
    const found = ['id_ed25519.pub', 'id_ecdsa.pub', 'id_rsa.pub'].indexOf(name)
    return found < 0 ? 3 : found
  }
  const files = names.toSorted((a, b) => rank(a) - rank(b)).map((name) => join(dir, name))
  const [first] = files
  return first === undefined ? [] : publicKeysIn(first)
}

/**
 * The keys of a file, one a line.
 * @throws ProvisionError when it holds none, or a private one
 */
export async function publicKeysIn(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text?.includes('PRIVATE KEY')) {
    throw new ProvisionError(`${file} is a private key`, {
      code: 'input',
      hint: `its public side is wanted: ${file}.pub`,
    })
  }
  const keys = (text ?? '').split(/\r?\n/).filter((line) => /^(ssh|ecdsa|sk)-\S+ AAAA\S+/.test(line.trim()))
  if (keys.length > 0) return keys.map((line) => line.trim())
  throw new ProvisionError(`${text === undefined ? 'there is no file' : 'there is no public key in'} ${file}`, {
    code: 'input',
    hint: 'ssh-keygen -t ed25519 makes a key; its public side is the file that ends in .pub',
  })
}
