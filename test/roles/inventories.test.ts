import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createCompiler } from '../../src/catalog/compile.ts'
import { findRoles, loadRoles } from '../../src/catalog/load-roles.ts'
import { packageRoot } from '../../src/catalog/package-root.ts'
import { templateLookup } from '../../src/catalog/templates.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { readHosts } from '../lab/inventory.ts'
import { ensureVault } from '../lab/vault.ts'
import { projectFolder, shown } from '../project-folder.ts'
import { FACTS } from './compiled.ts'

const found = await findRoles(packageRoot())
const { roles: ROLES } = await loadRoles(packageRoot(), found, [...found.keys()])
/** Debian has MySQL in sid only. */
const WITH_MYSQL = { id: 'debian', versionId: '', codename: 'sid' }
const SHIPPED = join(packageRoot(), 'inventories')

/** The inventories that come with provision, and the secrets that the lab would make. */
async function copyOfShipped(): Promise<string> {
  const all = readdirSync(SHIPPED, { recursive: true, encoding: 'utf8' })
  const files = all.filter((file) => /\.(yml|txt)$/.test(file) && !/^lab\/.*\.sops\.yml$/.test(file))
  const texts = files.map((file) => [`inventories/${file}`, readFileSync(join(SHIPPED, file), 'utf8')])
  const root = projectFolder({ ...Object.fromEntries(texts), '.lab/lab/become_password': 'secret\n' })
  const lab = join(root, 'inventories', 'lab')
  await ensureVault(lab, join(root, '.lab/lab'), await readHosts(lab), () => undefined)
  return root
}

describe.each(['lab', 'prod', 'staging'])('inventory %s', (name) => {
  test('compiles for every host, without a problem', async () => {
    const { inventory } = await loadInventory({ root: await copyOfShipped(), name, knownRoles: [...ROLES.keys()] })
    const compiler = createCompiler({ inventory, roles: ROLES, templates: templateLookup(packageRoot()) })
    expect(shown(compiler.problems())).toEqual([])
    for (const host of inventory.hosts) {
      const { resources, problems } = compiler.compile(host, host.tier === 'db' ? { ...FACTS, os: WITH_MYSQL } : FACTS)
      expect(shown(problems)).toEqual([])
      expect(resources.length).toBeGreaterThan(15)
    }
  })

  test('names only addresses that lead nowhere, or into the lab', async () => {
    const { inventory } = await loadInventory({ root: await copyOfShipped(), name, knownRoles: [...ROLES.keys()] })
    const network = { lab: /^10\.77\.0\./, prod: /^192\.0\.2\./, staging: /^198\.51\.100\./ }[name]
    expect(inventory.hosts.filter(({ address }) => !network?.test(address))).toEqual([])
  })
})
