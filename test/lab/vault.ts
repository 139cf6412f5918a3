import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { stringify } from 'yaml'
import { parseSops } from '../../src/inventory/sops/document.ts'
import { newFile, sealFile } from '../../src/inventory/sops/file.ts'
import type { Say } from '../../src/lab/machine.ts'
import type { HostSpec } from '../../src/lab/spec.ts'
import { ensureCertificates } from './certificates.ts'

/** The lab's passwords by account. */
export type Passwords = Readonly<Record<(typeof ACCOUNTS)[number], string>>

const ACCOUNTS = ['replication', 'clone', 'exporter', 'app'] as const
/** Odd on purpose: they have to survive every quoting on their way. What reads them forbids some characters to some. */
const ODD: Passwords = {
  replication: `'pa"ss\\w#`,
  clone: 'clone$(id)`x`\'"',
  exporter: '%s;ö',
  app: `'"\\ \${HOME}$`,
}

/**
 * The encrypted vars of a lab's inventory: database passwords and certificates, for its own age key. Keys, passwords and
 * certificates are made once and kept in the lab's folder; the files are written anew.
 * @returns the passwords, for tests that look for them; undefined for a lab without databases
 */
export async function ensureVault(
  inventory: string,
  labDir: string,
  hosts: readonly HostSpec[],
  say: Say,
): Promise<Passwords | undefined> {
  const databases = hosts.filter(({ tier }) => tier === 'db')
  if (databases.length === 0) return undefined
  const recipient = await ensureAgeKey(join(labDir, 'age.txt'))
  const passwords = await ensurePasswords(join(labDir, 'passwords.json'))
  const { ca, hosts: certificates } = await ensureCertificates(labDir, databases, say)
  const write = (name: string, vars: object) => writeSealed(join(inventory, `${name}.sops.yml`), vars, recipient)
  await write('group_vars/db', {
    mysql_repl_password: passwords.replication,
    mysql_clone_password: passwords.clone,
    mysql_exporter_password: passwords.exporter,
    mysql_users: [
      {
        name: 'app',
        host: databases[0]?.address.replace(/\d+$/, '%'),
        password: passwords.app,
        tls: 'ssl',
        grants: [{ on: 'shop.*', privileges: ['ALL'] }],
      },
    ],
    mysql_tls_ca: ca,
  })
  await write('group_vars/app', { app_credentials: { db_password: passwords.app, db_ca: ca } })
  for (const [name, { cert, key }] of certificates) {
    await write(`host_vars/${name}`, { mysql_tls_cert: cert, mysql_tls_key: key })
  }
  await writeFile(join(inventory, '.sops.yaml'), stringify({ creation_rules: [{ age: recipient, ...RULE }] }))
  return passwords
}

/** What is no secret stays readable: names of accounts, grants, certificates. */
const RULE = { encrypted_regex: '(password|_key)$' } as const

async function writeSealed(path: string, vars: object, recipient: string): Promise<void> {
  const rule = { kind: 'encrypted_regex', text: RULE.encrypted_regex } as const
  const file = await newFile(path, { recipients: [recipient], rule, macOnlyEncrypted: false })
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, sealFile(parseSops(stringify(vars), path), file, new Date()))
}

async function ensureAgeKey(path: string): Promise<string> {
  if (!existsSync(path)) await writeFile(path, `${await generateIdentity()}\n`, { mode: 0o600 })
  return identityToRecipient((await readFile(path, 'utf8')).trim())
}

async function ensurePasswords(path: string): Promise<Passwords> {
  if (!existsSync(path)) {
    const made = ACCOUNTS.map((name) => [name, ODD[name] + randomBytes(9).toString('base64url')])
    await writeFile(path, JSON.stringify(Object.fromEntries(made)), { mode: 0o600 })
  }
  const read: Passwords = JSON.parse(await readFile(path, 'utf8'))
  return read
}
