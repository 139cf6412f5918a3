import { resolve } from 'node:path'
import { type Compiler, createCompiler } from './catalog/compile.ts'
import { findRoles, loadRoles } from './catalog/load-roles.ts'
import type { Role } from './catalog/role.ts'
import { templateLookup } from './catalog/templates.ts'
import { InputError } from './errors.ts'
import type { Inventory } from './inventory/inventory.ts'
import { readInventory } from './inventory/load.ts'
import type { Secret } from './secret.ts'

export interface ProjectOptions {
  /** Folder with inventories/ and, if the user has own ones, roles/ and templates/. */
  readonly root: string
  /** Name of the inventory. */
  readonly inventory: string
  /** `--var name=value`. */
  readonly vars?: readonly string[]
  /** For hosts that use sudo and name no become_password_file. */
  readonly becomePassword?: Secret | undefined
}

export interface Project {
  readonly inventory: Inventory
  /** The roles that the site names. */
  readonly roles: ReadonlyMap<string, Role>
  readonly compiler: Compiler
}

/**
 * Reads a project for one inventory and checks all that can be known before a host is touched.
 * @throws InputError with everything that is wrong, at once.
 */
export async function loadProject(options: ProjectOptions): Promise<Project> {
  const root = resolve(options.root)
  const found = await findRoles(root)
  const { inventory, problems } = await readInventory({
    root,
    name: options.inventory,
    vars: options.vars ?? [],
    knownRoles: [...found.keys()],
    becomePassword: options.becomePassword,
  })
  const names = inventory.tiers.flatMap((tier) => tier.roles)
  const loaded = await loadRoles(root, found, names)
  const compiler = createCompiler({ inventory, roles: loaded.roles, templates: templateLookup(root) })
  // With a role missing, its vars would all be reported as unknown.
  const complete = names.every((name) => loaded.roles.has(name))
  const all = [...problems, ...loaded.problems, ...(complete ? compiler.problems() : [])]
  if (all.length > 0) throw new InputError(all)
  return { inventory, roles: loaded.roles, compiler }
}
