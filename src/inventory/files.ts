import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { messageOf, type Problem } from '../errors.ts'
import { nameHint } from '../problems/nearest.ts'
import { foldersOfInventories, inventoryFolder, isInventoryPath } from './folders.ts'
import type { Value } from './inventory.ts'
import type { Keyring } from './sops/unlock.ts'
import { readHosts, type SourceOptions } from './sources/read-hosts.ts'
import { isMapping } from './vars.ts'
import { lockedProblems, readVarsFolder } from './vars-files.ts'
import { parseYaml, type YamlFile } from './yaml.ts'

/** Everything that was written about one inventory, as it stands in its files. */
export interface InventoryFiles {
  /** Absolute path of inventories/<name>. */
  readonly dir: string
  readonly site: YamlFile | undefined
  readonly hosts: YamlFile | undefined
  /** By the name of the file without `.yml` or `.sops.yml`. */
  readonly groupVars: ReadonlyMap<string, YamlFile>
  readonly hostVars: ReadonlyMap<string, YamlFile>
  readonly problems: readonly Problem[]
  /** Some file of vars could not be read: vars that are in it seem to be missing. */
  readonly incomplete: boolean
}

/**
 * Reads the files of inventories/<name>, or of the folder itself when the name is a path; what is wrong with them is in
 * `problems`.
 */
export async function readInventoryFiles(
  root: string,
  name: string,
  keyringFor: (ageKeyFile: string | undefined) => Keyring,
  source: SourceOptions = {},
): Promise<InventoryFiles> {
  const dir = inventoryFolder(root, name)
  const unknown = isInventoryPath(name) ? undefined : await unknownInventory(root, name)
  if (unknown) {
    const none = { site: undefined, hosts: undefined, groupVars: new Map(), hostVars: new Map() }
    return { dir, ...none, problems: [unknown], incomplete: false }
  }
  const site = await readSite(root, name)
  const hosts = await readHosts(root, dir, tiersIn(site?.value), source)
  const keyring = keyringFor(ageKeyFileIn(hosts?.value))
  const [groupVars, hostVars] = await Promise.all([
    readVarsFolder(root, join(dir, 'group_vars'), keyring),
    readVarsFolder(root, join(dir, 'host_vars'), keyring),
  ])
  const missing = [
    ...(site ? [] : [missingFile(join('inventories', 'site.yml'), 'it names the tiers and the roles of each')]),
    ...(hosts ? [] : [missingFile(relative(root, join(dir, 'hosts.yml')), HOSTS_HINT)]),
  ]
  const files = [site, hosts, ...groupVars.files.values(), ...hostVars.files.values()]
  const locked = await lockedProblems([...groupVars.locked, ...hostVars.locked], keyring)
  return {
    dir,
    site,
    hosts,
    groupVars: groupVars.files,
    hostVars: hostVars.files,
    problems: [...missing, ...files.flatMap((file) => file?.problems ?? []), ...locked],
    incomplete: groupVars.incomplete || hostVars.incomplete,
  }
}

/** The site.yml that counts for an inventory: its own, or the one beside it. */
export async function readSite(root: string, name: string): Promise<YamlFile | undefined> {
  const [own, shared] = await Promise.all([
    read(root, join(inventoryFolder(root, name), 'site.yml')),
    read(root, join(root, 'inventories', 'site.yml')),
  ])
  return own ?? shared
}

const HOSTS_HINT =
  'it names the hosts of each tier; hosts.ts, or a program hosts that prints JSON, may be there instead'

/** Names of tiers as they are written, whatever else is wrong with the file. */
const tiersIn = (site: Value | undefined): string[] => {
  const tiers = isMapping(site) ? site.tiers : undefined
  return Array.isArray(tiers)
    ? tiers.flatMap((tier: unknown) => (isMapping(tier) && typeof tier.name === 'string' ? [tier.name] : []))
    : []
}

/** What `age_key_file` says, whatever else is wrong with the hosts. */
export async function readAgeKeyFile(dir: string): Promise<string | undefined> {
  return ageKeyFileIn((await readHosts(dir, dir, []))?.value)
}

const ageKeyFileIn = (hosts: Value | undefined): string | undefined => {
  const written = isMapping(hosts) ? hosts.age_key_file : undefined
  return typeof written === 'string' && written !== '' ? written : undefined
}

const missingFile = (file: string, hint: string): Problem => ({ message: `${file} is missing`, hint })

async function unknownInventory(root: string, name: string): Promise<Problem | undefined> {
  const known = await foldersOfInventories(root)
  if (known === undefined) {
    return { message: `there is no folder 'inventories' in ${root}`, hint: 'run provision in the folder of a project' }
  }
  if (known.includes(name)) return undefined
  return { message: `there is no inventory '${name}' in ${join(root, 'inventories')}`, hint: nameHint(name, known) }
}

async function read(root: string, path: string): Promise<YamlFile | undefined> {
  const file = relative(root, path)
  try {
    return { file, ...parseYaml(await readFile(path, 'utf8'), file) }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    const origin = { file, line: 1, col: 1 }
    return {
      file,
      value: null,
      origins: new Map(),
      problems: [{ message: `can't be read: ${messageOf(error)}`, origin }],
    }
  }
}
