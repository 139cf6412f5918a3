import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { $ } from 'zx'
import { ensureProgram, type Say } from '../../src/lab/machine.ts'

const run = $({ quiet: true, nothrow: true })

/** A certificate and its key, in PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

export interface Certificates {
  /** Certificate of the CA that signed all of them. */
  readonly ca: string
  readonly hosts: ReadonlyMap<string, Certificate>
}

/** A CA of the lab's own and a certificate for each host's name and address. They are made once and kept in the lab. */
export async function ensureCertificates(
  labDir: string,
  hosts: Iterable<{ readonly name: string; readonly address: string }>,
  say: Say = () => undefined,
): Promise<Certificates> {
  await ensureOpenssl(say)
  const dir = join(labDir, 'tls')
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const ca = { cert: join(dir, 'ca.pem'), key: join(dir, 'ca.key') }
  if (!existsSync(ca.cert))
    await openssl(['req', '-x509', ...KEY, ...DAYS, ...files(ca), '-subj', '/CN=lab CA', ...CA_USE])
  const made = new Map<string, Certificate>()
  for (const { name, address } of hosts) {
    const stem = join(dir, `${name}-${address}`)
    const own = { cert: `${stem}.pem`, key: `${stem}.key` }
    if (!existsSync(own.cert)) await sign(own, ca, name, address)
    made.set(name, { cert: await readFile(own.cert, 'utf8'), key: await readFile(own.key, 'utf8') })
  }
  return { ca: await readFile(ca.cert, 'utf8'), hosts: made }
}

/** Installs the program where it is missing. */
export async function ensureOpenssl(say: Say = () => undefined): Promise<void> {
  await ensureProgram(say, 'openssl', 'openssl')
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
/** Python since 3.13, like other strict verifiers, takes no CA that does not say what its key is for. */
const CA_USE = ['-addext', 'keyUsage = critical, keyCertSign, cRLSign']
const DAYS = ['-days', '3650']
const files = ({ cert, key }: Certificate): string[] => ['-out', cert, '-keyout', key]

async function sign(own: Certificate, ca: Certificate, name: string, address: string): Promise<void> {
  const request = `${own.cert}.csr`
  const extensions = `${own.cert}.ext`
  await writeFile(
    extensions,
    [
      `subjectAltName = DNS:${name}, IP:${address}`,
      'basicConstraints = CA:FALSE',
      'keyUsage = critical, digitalSignature',
      'subjectKeyIdentifier = hash',
      'authorityKeyIdentifier = keyid',
      '',
    ].join('\n'),
  )
  await openssl(['req', ...KEY, '-out', request, '-keyout', own.key, '-subj', `/CN=${name}`])
  const authority = ['-CA', ca.cert, '-CAkey', ca.key, '-CAcreateserial']
  await openssl(['x509', '-req', '-in', request, '-out', own.cert, ...authority, ...DAYS, '-extfile', extensions])
}

async function openssl(args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await run`openssl ${args}`
  if (exitCode !== 0) throw new Error(`openssl ${args[0] ?? ''} failed:\n${stderr}`)
}
