import { createCompiler } from '../../src/catalog/compile.ts'
import { packageRoot } from '../../src/catalog/package-root.ts'
import type { Role } from '../../src/catalog/role.ts'
import { templateLookup } from '../../src/catalog/templates.ts'
import type { Facts } from '../../src/facts/facts.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { declared } from '../../src/testing/declared.ts'
import { projectFolder, shown } from '../project-folder.ts'

export const FACTS: Facts = {
  os: { id: 'debian', versionId: '13', codename: 'trixie' },
  arch: 'amd64',
  hostname: 'web1',
  cpus: 2,
  memoryMiB: 2048,
  openFiles: 1_048_576,
  systemd: 257,
  virtualization: 'kvm',
  defaultInterface: 'eth0',
  addresses: { eth0: ['192.0.2.11'] },
}

const HOSTS = `
tiers:
  web:
    hosts:
      web1: { address: 192.0.2.11, connection: { port: 2222 } }
      web2: { address: 192.0.2.12 }
      web3: { address: 192.0.2.13 }
  lb: { hosts: { lb1: { address: 192.0.2.21 } } }
  monitor: { hosts: { mon1: { address: 192.0.2.31 } } }
`

export interface Setting {
  readonly vars?: Readonly<Record<string, unknown>>
  readonly facts?: Partial<Facts>
  /** Default web1. */
  readonly host?: string
  /** hosts.yml. */
  readonly hosts?: string
  /** Roles of a tier besides; default: none. */
  readonly beside?: Readonly<Record<string, readonly Role[]>>
}

/** One of provision's own roles on one host, with its own templates: what the planner would get. */
export async function compiled(
  role: Role,
  { vars = {}, facts, host = 'web1', hosts = HOSTS, beside = {} }: Setting = {},
) {
  const tiers = ['web', 'lb', 'monitor'].filter((tier) => hosts.includes(`${tier}:`))
  const rolesOf = (tier: string): readonly Role[] => [...new Set([role, ...(beside[tier] ?? [])])]
  const roles = new Map(tiers.flatMap(rolesOf).map((one) => [one.name, one]))
  const root = projectFolder({
    'inventories/site.yml': JSON.stringify({
      tiers: tiers.map((name) => ({ name, roles: rolesOf(name).map((one) => one.name) })),
    }),
    'inventories/test/hosts.yml': hosts,
    'inventories/test/group_vars/all.yml': JSON.stringify(vars),
  })
  const { inventory } = await loadInventory({ root, name: 'test', knownRoles: [...roles.keys()] })
  const compiler = createCompiler({
    inventory,
    roles,
    templates: templateLookup(packageRoot()),
  })
  const one = inventory.hosts.find(({ name }) => name === host)
  if (one === undefined) throw new Error(`no host ${host}`)
  const found = compiler.problems()
  const { resources, rollouts, problems } = compiler.compile(one, { ...FACTS, ...facts })
  const rollout = rollouts.find((one) => one.role === role.name)
  const seen = declared(resources)
  return { ...seen, setContent: seen.content, problems: shown([...found, ...problems]), rollout }
}
