import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { onTestFinished } from 'vitest'
import { parseSops } from '../../../src/inventory/sops/document.ts'
import { newFile, sealFile } from '../../../src/inventory/sops/file.ts'
import { createKeyring, type Keyring } from '../../../src/inventory/sops/unlock.ts'
import { secret } from '../../../src/masking/secret.ts'

/** Someone with an age key of their own. */
export interface Person {
  readonly identity: string
  readonly recipient: string
  readonly keyring: Keyring
}

export async function person(): Promise<Person> {
  const identity = await generateX25519Identity()
  const keyring = createKeyring({ given: secret(identity), usual: '/nonexistent/keys.txt' })
  return { identity, recipient: await identityToRecipient(identity), keyring }
}

/** A plain YAML text as an encrypted file. */
export async function seal(text: string, recipients: readonly string[], more: Partial<Rule> = {}): Promise<string> {
  const rule = { kind: more.kind ?? 'unencrypted_suffix', text: more.text ?? '_unencrypted' } as const
  const file = await newFile('f.sops.yml', { recipients, rule, macOnlyEncrypted: more.macOnlyEncrypted ?? false })
  return sealFile(parseSops(text, 'f.sops.yml'), file, new Date('2026-01-02T03:04:05.678Z'))
}

interface Rule {
  readonly kind: 'unencrypted_suffix' | 'encrypted_suffix' | 'unencrypted_regex' | 'encrypted_regex'
  readonly text: string
  readonly macOnlyEncrypted: boolean
}

/** A file with the key, gone when the test ends. */
export function keyFile(identity: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'provision-key-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const path = join(dir, 'keys.txt')
  writeFileSync(path, `# mine\n${identity}\n`, { mode: 0o600 })
  return path
}
