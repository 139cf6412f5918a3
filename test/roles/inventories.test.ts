import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createCompiler } from '../../src/catalog/compile.ts'
import { findRoles, loadRoles } from '../../src/catalog/load-roles.ts'
import { packageRoot } from '../../src/catalog/package-root.ts'
import { templateLookup } from '../../src/catalog/templates.ts'
import { factsProbe } from '../../src/facts/probe.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { isSecret, reveal } from '../../src/masking/secret.ts'
import { askTogether } from '../../src/observe/batch.ts'
import { hostQuestions } from '../../src/plan/questions.ts'
import { readHosts } from '../lab/inventory.ts'
import { ensureVault } from '../lab/vault.ts'
import { projectFolder, shown } from '../project-folder.ts'
import { FACTS } from './compiled.ts'

const found = await findRoles(packageRoot())
const { roles: ROLES } = await loadRoles(packageRoot(), found, [...found.keys()])
const NONCE = '0123456789abcdef0123456789abcdef'
/** Debian has MySQL in sid only. */
const WITH_MYSQL = { id: 'debian', versionId: '', codename: 'sid' }
const SHIPPED = join(packageRoot(), 'inventories')

/** An inventory that comes with provision; the lab's with the secrets that the lab would make, which takes programs. */
function load(name: string) {
  const known = LOADED.get(name) ?? read(name)
  LOADED.set(name, known)
  return known
}
const LOADED = new Map<string, ReturnType<typeof read>>()

async function read(name: string) {
  const all = readdirSync(SHIPPED, { recursive: true, encoding: 'utf8' })
  const files = all.filter((file) => /\.(yml|txt)$/.test(file) && !/^lab\/.*\.sops\.yml$/.test(file))
  const texts = files.map((file) => [`inventories/${file}`, readFileSync(join(SHIPPED, file), 'utf8')])
  const root = projectFolder({ ...Object.fromEntries(texts), '.lab/lab/become_password': 'secret\n' })
  const lab = join(root, 'inventories', 'lab')
  if (name === 'lab') await ensureVault(lab, join(root, '.lab/lab'), await readHosts(lab), () => undefined)
  return (await loadInventory({ root, name, knownRoles: [...ROLES.keys()] })).inventory
}

const textOf = (value: unknown): string => (isSecret(value) ? reveal(value) : String(value))

/** Values of vars whose names say that nobody shall read them. */
const secretive = (value: unknown): unknown[] =>
  typeof value !== 'object' || value === null || isSecret(value)
    ? []
    : Object.entries(value).flatMap(([key, inner]) => (/(password|_key)$/.test(key) ? [inner] : secretive(inner)))

test('the inventory of the hosts with older suites compiles, too', async () => {
  const folder = join(packageRoot(), 'test/lab/inventories/suites')
  const texts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yml'))
    .map((file) => [`inventories/suites/${file}`, readFileSync(join(folder, file), 'utf8')])
  const root = projectFolder(Object.fromEntries(texts))
  const { inventory } = await loadInventory({ root, name: 'suites', knownRoles: [...ROLES.keys()] })
  const compiler = createCompiler({ inventory, roles: ROLES, templates: templateLookup(packageRoot()) })
  expect(shown(compiler.problems())).toEqual([])
  for (const host of inventory.hosts) expect(shown(compiler.compile(host, FACTS).problems)).toEqual([])
})

describe.each(['lab', 'prod', 'staging'])('inventory %s', (name) => {
  test('compiles for every host, without a problem, and asks it no more than it should', async () => {
    const inventory = await load(name)
    const compiler = createCompiler({ inventory, roles: ROLES, templates: templateLookup(packageRoot()) })
    expect(shown(compiler.problems())).toEqual([])
    for (const host of inventory.hosts) {
      const { resources, problems } = compiler.compile(host, host.tier === 'db' ? { ...FACTS, os: WITH_MYSQL } : FACTS)
      expect(shown(problems)).toEqual([])
      expect(resources.length).toBeGreaterThan(15)
      // What every run sends to every host, whether there is anything to do or not.
      const asked = askTogether(NONCE, hostQuestions(factsProbe, resources, '/var/lib/provision')).sh
      expect(Buffer.byteLength(asked)).toBeLessThan(host.tier === 'db' ? 38_000 : 21_500)
    }
  })

  test('names only addresses that lead nowhere, or into the lab', async () => {
    const inventory = await load(name)
    const network = { lab: /^10\.77\.0\./, prod: /^192\.0\.2\./, staging: /^198\.51\.100\./ }[name]
    expect(inventory.hosts.filter(({ address }) => !network?.test(address))).toEqual([])
  })
})

describe('the examples', () => {
  test('show the whole stack, smaller in staging', async () => {
    const names = async (name: string) => (await load(name)).hosts.map((host) => host.name).sort()
    expect(await names('prod')).toEqual(await names('lab'))
    const tiersOf = async (name: string) => new Set((await load(name)).hosts.map((host) => host.tier))
    expect(await tiersOf('staging')).toEqual(await tiersOf('prod'))
  })

  test.each([
    ['prod', 3 * 5 + 3],
    ['staging', 2 + 2],
  ])('%s: what is secret is encrypted', async (name, count) => {
    const found = (await load(name)).hosts.flatMap(({ vars }) => secretive(vars))
    expect(found).toHaveLength(count)
    expect(found.filter((value) => !isSecret(value))).toEqual([])
  })

  test('prod: each database has a key, and a certificate of the group for its address', async () => {
    const databases = (await load('prod')).hosts.filter(({ tier }) => tier === 'db')
    expect(databases).toHaveLength(3)
    for (const { address, name, vars } of databases) {
      const certificate = new X509Certificate(textOf(vars.mysql_tls_cert))
      expect(certificate.verify(new X509Certificate(textOf(vars.mysql_tls_ca)).publicKey)).toBe(true)
      expect(certificate.checkIP(address)).toBe(address)
      expect(certificate.checkHost(name)).toBe(name)
      expect(certificate.checkPrivateKey(createPrivateKey(textOf(vars.mysql_tls_key)))).toBe(true)
    }
  })
})
