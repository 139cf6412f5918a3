import { describe, expect, test } from 'vitest'
import { checkFleet } from '../../src/catalog/fleet-check.ts'
import { defineRole, type FleetCheck, type HostChange, type HostChanges, type Role } from '../../src/catalog/role.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { projectFolder } from '../project-folder.ts'

const SITE = 'tiers: [{ name: web, roles: [plain] }, { name: lb, roles: [plain, pair] }, { name: edge, roles: [pair] }]'
const HOSTS = `
tiers:
  web: { hosts: { web1: { address: 192.0.2.11 } } }
  lb: { hosts: { lb1: { address: 192.0.2.21 }, lb2: { address: 192.0.2.22 } } }
  edge: { hosts: { edge1: { address: 192.0.2.31 } } }
`
const change: HostChange = {
  key: 'file:/a',
  role: 'plain',
  change: { action: 'create', desired: {}, actual: 'absent', fields: [] },
}

async function verdict(fleetCheck: (hosts: readonly HostChanges[]) => FleetCheck, planned: [string, HostChange[]][]) {
  const root = projectFolder({ 'inventories/site.yml': SITE, 'inventories/test/hosts.yml': HOSTS })
  const { inventory } = await loadInventory({ root, name: 'test', knownRoles: ['plain', 'pair'] })
  const plain = defineRole({ name: 'plain', description: 'x', vars: {}, resources: () => [] })
  const pair = defineRole({ name: 'pair', description: 'x', vars: {}, resources: () => [], fleetCheck })
  const roles = new Map<string, Role>([
    ['plain', plain],
    ['pair', pair],
  ])
  return checkFleet(inventory, roles, new Map(planned))
}

describe('checkFleet', () => {
  test('shows a role all hosts that have it, with the changes of every role, and those that are left out', async () => {
    const seen: HostChanges[] = []
    await verdict(
      (hosts) => {
        seen.push(...hosts)
        return {}
      },
      [
        ['web1', [change]],
        ['lb1', [change]],
        ['edge1', []],
      ],
    )
    expect(seen).toEqual([
      { host: 'lb1', tier: 'lb', changes: [change] },
      { host: 'lb2', tier: 'lb', changes: undefined },
      { host: 'edge1', tier: 'edge', changes: [] },
    ])
  })

  test('hands on what forbids the run and what has to be at once', async () => {
    const problem = { message: 'no' }
    expect(await verdict(() => ({ problems: [problem], simultaneous: ['lb1'] }), [])).toEqual({
      problems: [problem],
      simultaneous: new Set(['lb1']),
    })
  })

  test("a role's mistake forbids the run", async () => {
    const { problems } = await verdict(() => {
      throw new Error('oh')
    }, [])
    expect(problems).toEqual([{ message: "role 'pair', across its hosts: oh" }])
  })
})
