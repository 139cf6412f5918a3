import { resolve } from 'node:path'
import { completeVars } from '../catalog/groups.ts'
import { loadRoles, projectRoles } from '../catalog/load-roles.ts'
import type { Role } from '../catalog/role.ts'
import { roleVarsReader } from '../catalog/role-vars.ts'
import { type AskPassphrase, unlockKeys } from '../connection/unlock.ts'
import { InputError } from '../errors.ts'
import { allVars } from '../inventory/all-vars.ts'
import type { Host, Inventory } from '../inventory/inventory.ts'
import { readInventory } from '../inventory/load.ts'
import { selectHosts } from '../inventory/select.ts'
import type { KeySources } from '../inventory/sops/identities.ts'
import { createMask, type Mask } from '../masking/mask.ts'
import type { Secret } from '../masking/secret.ts'
import { toldOnce } from '../problems/told-once.ts'
import { maskedError } from '../run/masked-events.ts'
import type { Prepared } from '../run/prepare.ts'

export interface LookOptions {
  /** Folder of the project, absolute or relative to the current one. */
  readonly root: string
  readonly inventory: string
  readonly limit: readonly string[]
  readonly vars: readonly string[]
  readonly becomePassword?: Secret | undefined
  /** For logins where no key is accepted. */
  readonly loginPassword?: Secret | undefined
  /** Asks for the passphrase of a key; undefined: there is nobody to ask. */
  readonly askPassphrase?: AskPassphrase | undefined
  readonly ageKeys?: KeySources | undefined
}

/** What is looked at: an inventory whose files are in order. */
export interface Looked {
  readonly inventory: Inventory
  /** Those that `limit` leaves. */
  readonly hosts: readonly Host[]
  /** The roles that its tiers name. */
  readonly roles: ReadonlyMap<string, Role>
}

/**
 * Reads an inventory and the roles that it names, and no more: what is still missing of vars is no reason not to look at it.
 * @param named hosts, as `limit` has them: of those that it leaves, only these
 * @throws InputError with everything that is wrong with them
 */
export async function lookAt(options: LookOptions, named: readonly string[] = []): Promise<Looked> {
  const root = resolve(options.root)
  const found = await projectRoles(root)
  const { inventory, problems } = await readInventory({
    root,
    name: options.inventory,
    vars: options.vars,
    knownRoles: [...found.keys()],
    becomePassword: options.becomePassword,
    ageKeys: options.ageKeys,
  })
  const names = inventory.tiers.flatMap((tier) => tier.roles)
  const { roles, problems: roleProblems } = await loadRoles(root, found, names)
  const all = [...problems, ...roleProblems]
  if (all.length > 0) throw maskedError(new InputError(toldOnce(all)), maskOf(inventory, options))
  const wanted = new Set(selectHosts(inventory, named))
  const hosts = selectHosts(inventory, options.limit).filter((host) => wanted.has(host))
  if (hosts.length === 0) throw new InputError([{ message: `--limit leaves none of ${named.join(', ')}` }])
  return { inventory, hosts, roles }
}

/** Knows what the inventory itself says is secret. */
function maskOf({ hosts }: Inventory, { loginPassword }: LookOptions): Mask {
  const mask = createMask()
  mask.learn([...allVars(hosts)])
  mask.learn(hosts.map(({ connection }) => connection.becomePassword))
  if (loginPassword) mask.learn([loginPassword])
  return mask
}

/** What it takes to speak to hosts that are looked at. */
export interface Reachable extends Looked, Pick<Prepared, 'logins'> {
  /** Knows every secret of the inventory. */
  readonly mask: Mask
}

/** As {@link lookAt}, and ready to log in. @throws InputError as it does */
export async function lookAtHosts(options: LookOptions, named: readonly string[] = []): Promise<Reachable> {
  const looked = await lookAt(options, named)
  const { inventory, roles, hosts } = looked
  const mask = maskOf(inventory, options)
  const reader = roleVarsReader()
  // With what roles say is secret.
  for (const host of inventory.hosts) mask.learnDeclared(completeVars(host, inventory, roles, reader))
  const keys = await unlockKeys(hosts, process.env, {
    ask: options.askPassphrase,
    hasPassword: options.loginPassword !== undefined,
  })
  return { ...looked, mask, logins: { keys, password: options.loginPassword } }
}
