import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createCompiler } from '../../src/catalog/compile.ts'
import { defineRole } from '../../src/catalog/role.ts'
import { templateLookup } from '../../src/catalog/templates.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { projectFolder, shown } from '../project-folder.ts'

const role = defineRole({
  name: 'shop',
  description: 'Of a test.',
  vars: {
    shop_port: { description: 'Port.', type: 'integer', default: 1 },
    shop_motd: { description: 'Text.', type: 'string', optional: true },
  },
  resources: () => [],
})

async function problemsWith(hosts: object): Promise<string[]> {
  const root = projectFolder({
    'inventories/site.yml': 'tiers: [{ name: web, roles: [shop] }]',
    'inventories/prod/hosts': `#!/bin/sh\necho '${JSON.stringify(hosts)}'\n`,
  })
  chmodSync(join(root, 'inventories/prod/hosts'), 0o755)
  const { inventory } = await loadInventory({ root, name: 'prod', knownRoles: ['shop'] })
  const compiler = createCompiler({ inventory, roles: new Map([['shop', role]]), templates: templateLookup(root) })
  return shown(compiler.problems())
}
const ansible = (vars: object) => ({ web: ['a'], _meta: { hostvars: { a: vars } } })

test('an inventory of Ansible may have vars that no role has, but no slips and no templates', async () => {
  expect(await problemsWith(ansible({ regions: ['eu'], shop_port: 2, tags: {} }))).toEqual([])
  expect(await problemsWith(ansible({ shop_prot: 2, shop_motd: 'on {{ inventory_hostname }}' }))).toEqual([
    "inventories/prod/hosts (executable): a.shop_prot:0:0 unknown var 'shop_prot': no role of the site has it [shop_prot] (did you mean 'shop_port'?)",
    "inventories/prod/hosts (executable): a.shop_motd:0:0 'shop_motd' has a template or a vault of Ansible's in it, which is not read here (write its value into group_vars or host_vars; a secret: provision secrets set)",
  ])
  expect(await problemsWith(ansible({ shop_motd: { __ansible_vault: '$ANSIBLE_VAULT;1.1' } }))).toContainEqual(
    expect.stringContaining('a vault of Ansible'),
  )
})

test('one in our own shape may not', async () => {
  const own = { tiers: { web: { hosts: { a: { address: 'a', vars: { regions: [] } } } } } }
  expect(await problemsWith(own)).toEqual([expect.stringContaining("unknown var 'regions'")])
})
