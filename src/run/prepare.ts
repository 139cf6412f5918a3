import { resolve } from 'node:path'
import { missingArtifacts } from '../artifacts/artifact-files.ts'
import { type Compiler, createCompiler } from '../catalog/compile.ts'
import { loadRoles, projectRoles, type RoleFile } from '../catalog/load-roles.ts'
import { placeFinder } from '../catalog/places.ts'
import { keyLedger } from '../catalog/stray-keys.ts'
import { templateLookup } from '../catalog/templates.ts'
import { type AskPassphrase, type UnlockedKeys, unlockKeys } from '../connection/unlock.ts'
import { InputError, type Problem } from '../errors.ts'
import { type FactsCache, factsCache } from '../facts/cache.ts'
import type { Facts } from '../facts/facts.ts'
import { allVars } from '../inventory/all-vars.ts'
import type { Host, Inventory } from '../inventory/inventory.ts'
import { type ReadInventory, readInventory } from '../inventory/load.ts'
import { selectHosts, selectRoles, selectTiers } from '../inventory/select.ts'
import type { KeySources } from '../inventory/sops/identities.ts'
import { createMask, type Mask } from '../masking/mask.ts'
import type { Secret } from '../masking/secret.ts'
import { toldOnce } from '../problems/told-once.ts'
import { spareHeap } from './heap.ts'
import { maskedError } from './masked-events.ts'
import { systems, trial } from './precheck.ts'

export interface PrepareOptions {
  /** Folder of the project, absolute or relative to the current one. */
  readonly root: string
  readonly inventory: string
  readonly limit: readonly string[]
  readonly tags: readonly string[]
  /** Roles that are left out. */
  readonly skipTags?: readonly string[] | undefined
  /** Only hosts of these tiers, of those that `limit` leaves; default: all. */
  readonly tiers?: readonly string[] | undefined
  /** `name=value` with the value in YAML. */
  readonly vars: readonly string[]
  /** Files of the controller that changes would bring need not be there: nothing is sent. */
  readonly sendsNothing?: boolean | undefined
  readonly becomePassword?: Secret | undefined
  /** For logins where no key is accepted. */
  readonly loginPassword?: Secret | undefined
  /** Asks for the passphrase of a key; undefined: there is nobody to ask. */
  readonly askPassphrase?: AskPassphrase | undefined
  /** Where the age keys of encrypted files may be; default: the usual file in the user's configuration. */
  readonly ageKeys?: KeySources | undefined
}

export interface Prepared {
  readonly inventory: Inventory
  /** The hosts that `--limit` leaves. */
  readonly hosts: readonly Host[]
  /** The roles that `--tags` leaves; undefined: all. */
  readonly tags: ReadonlySet<string> | undefined
  readonly compiler: Compiler
  /** Facts that an earlier run found, by host; and where to keep new ones. */
  readonly known: ReadonlyMap<string, Facts>
  readonly cache: FactsCache
  /** Knows every secret of the inventory, and of the resources that were compiled. */
  readonly mask: Mask
  /** What logins need beside what the inventory says. */
  readonly logins: { readonly keys: UnlockedKeys; readonly password: Secret | undefined }
}

/**
 * Reads and checks all input: inventory, roles, vars, flags, templates.
 * @throws InputError with everything that is wrong, at once; no host is touched until this has passed.
 */
export async function prepare(options: PrepareOptions): Promise<Prepared> {
  const root = resolve(options.root)
  const found = await projectRoles(root)
  const read = await readInventory({
    root,
    name: options.inventory,
    vars: options.vars,
    knownRoles: [...found.keys()],
    becomePassword: options.becomePassword,
    ageKeys: options.ageKeys,
  })
  spareHeap(read.inventory.hosts.length)
  const mask = createMask()
  mask.learn([...allVars(read.inventory.hosts)])
  mask.learn(read.inventory.hosts.map(({ connection }) => connection.becomePassword))
  if (options.loginPassword) mask.learn([options.loginPassword])
  try {
    return await check(options, { root, found, read, mask })
  } catch (error) {
    throw maskedError(error, mask)
  }
}

interface Found {
  readonly root: string
  readonly found: ReadonlyMap<string, RoleFile>
  readonly read: ReadInventory
  readonly mask: Mask
}

async function check(options: PrepareOptions, { root, found, read, mask }: Found): Promise<Prepared> {
  const { inventory } = read
  const names = inventory.tiers.flatMap((tier) => tier.roles)
  const { roles, problems: roleProblems } = await loadRoles(root, found, names)
  const compiler = createCompiler({ inventory, roles, templates: templateLookup(root), placeOf: placeFinder(root) })
  const hosts = attempt(() => selectTiers(inventory, selectHosts(inventory, options.limit), options.tiers ?? []), [])
  const tags = attempt(() => selectRoles(inventory, options.tags, options.skipTags), undefined)
  // Where the inventory itself can't be read, every name in a flag would look wrong.
  const selection = inventory.hosts.length > 0 ? [...hosts.problems, ...tags.problems] : []
  // With a file unread, its vars would all be told as missing.
  const vars = [...read.problems, ...roleProblems, ...(read.incomplete ? [] : compiler.problems())]
  const cache = factsCache(inventory.dir)
  const known = await knownFacts(inventory.hosts, cache)
  const ledger = keyLedger(inventory)
  // On hosts that the run leaves out roles are not tried, or its costs would grow with those of the inventory.
  const about = hosts.problems.length > 0 ? inventory.hosts : hosts.value
  // Roles are tried on hosts only when their vars are in order, or one mistake would be told twice.
  const compiled = vars.length > 0 ? [] : trial(about, compiler, known, mask, ledger.add)
  const artifacts = await missingArtifacts(root, options.sendsNothing ? [] : compiled.flatMap((one) => one.artifacts))
  const tried = [...vars, ...compiled.flatMap((one) => one.problems)]
  // Where a role could not be tried, what it declares is not known.
  const stray = tried.length > 0 ? [] : ledger.strays(compiler, (host) => systems(host, known.get(host.name)))
  const problems = [...vars, ...selection, ...compiled.flatMap((one) => one.problems), ...artifacts, ...stray]
  if (problems.length > 0) throw new InputError(toldOnce(problems))
  // Last, so that nobody types a passphrase for a run that does not begin.
  const keys = await unlockKeys(hosts.value, process.env, {
    ask: options.askPassphrase,
    hasPassword: options.loginPassword !== undefined,
  })
  const logins = { keys, password: options.loginPassword }
  return { logins, inventory, hosts: hosts.value, tags: tags.value, compiler, known, cache, mask }
}

/** What a function returns, or the problems that it throws. */
function attempt<T>(make: () => T, otherwise: T): { readonly value: T; readonly problems: readonly Problem[] } {
  try {
    return { value: make(), problems: [] }
  } catch (error) {
    if (error instanceof InputError) return { value: otherwise, problems: error.problems }
    throw error
  }
}

async function knownFacts(hosts: readonly Host[], cache: FactsCache): Promise<Map<string, Facts>> {
  const read = async ({ name }: Host) => [name, await cache.read(name)] as const
  const entries = await Promise.all(hosts.map(read))
  return new Map(entries.flatMap(([name, facts]) => (facts ? [[name, facts] as const] : [])))
}
