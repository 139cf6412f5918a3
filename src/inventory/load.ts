import { homedir, hostname, userInfo } from 'node:os'
import { resolve } from 'node:path'
import { InputError, type Problem } from '../errors.ts'
import type { Secret } from '../masking/secret.ts'
import { validators } from '../schemas/validators.ts'
import type { Here } from '../ssh-config/options.ts'
import { buildHosts, buildTiers } from './build.ts'
import { merged } from './connection.ts'
import { addressProblems, hostsProblems, siteProblems, strayFiles, tierNames, writtenHosts } from './consistency.ts'
import { domainProblems } from './domains.ts'
import { readInventoryFiles } from './files.ts'
import { inventoryFolder } from './folders.ts'
import { givenVars } from './given-vars.ts'
import { membershipOf, NO_GROUPS } from './groups.ts'
import { hooksOf } from './hooks.ts'
import type { Inventory } from './inventory.ts'
import { withProgramKeys } from './key-files.ts'
import { logins, type Member } from './logins.ts'
import { membersOf } from './members.ts'
import { readPasswords } from './passwords.ts'
import { recordsPolicy } from './records.ts'
import { HOSTS_SCHEMA, type HostsFile } from './schemas/hosts.ts'
import { SITE_SCHEMA, type SiteFile } from './schemas/site.ts'
import { plainRoles } from './site-roles.ts'
import { type KeySources, takeKeySources, withInventoryKey } from './sops/identities.ts'
import { createKeyring } from './sops/unlock.ts'
import type { Source } from './source.ts'
import type { SourceOptions } from './sources/read-hosts.ts'
import { readSshConfigs } from './ssh-configs.ts'
import { checked } from './validate.ts'
import { isMapping, type Level, levelOf, NO_VARS } from './vars.ts'
import type { YamlFile } from './yaml.ts'

export interface InventoryOptions {
  /** Folder of the project: it holds inventories/. */
  readonly root: string
  readonly name: string
  /** `--var`: `name=value`, the value is YAML. */
  readonly vars?: readonly string[]
  /** Roles that exist, built in or the project's. */
  readonly knownRoles: readonly string[]
  /** For hosts that use sudo and name no become_password_file. */
  readonly becomePassword?: Secret | undefined
  /** For `~`; default: home of the current user. */
  readonly home?: string
  /** Who asks, and where; default: the user of this process on this machine. */
  readonly here?: Partial<Here> | undefined
  /** Default: /etc/ssh/ssh_config. */
  readonly systemSshConfig?: string | undefined
  /** Where the age keys of encrypted files may be; default: the usual file in the user's configuration. */
  readonly ageKeys?: KeySources | undefined
  /** How hosts that a program or a function gives are read. */
  readonly source?: SourceOptions | undefined
}

export interface ReadInventory {
  /** What is valid of it. */
  readonly inventory: Inventory
  readonly problems: readonly Problem[]
  /** Something that was written could not be read: which vars are missing can't be told. */
  readonly incomplete: boolean
}

/**
 * Reads and checks an inventory.
 * @throws InputError with everything that is wrong, at once.
 */
export async function loadInventory(options: InventoryOptions): Promise<{ readonly inventory: Inventory }> {
  const { inventory, problems } = await readInventory(options)
  if (problems.length > 0) throw new InputError(problems)
  return { inventory }
}

/** Reads an inventory as far as it is valid; for checks that go on where its own have found something. */
export async function readInventory(options: InventoryOptions): Promise<ReadInventory> {
  const home = options.home ?? homedir()
  const sources = options.ageKeys ?? takeKeySources({}, home)
  const root = resolve(options.root)
  const keyringFor = (written: string | undefined) =>
    createKeyring(withInventoryKey(sources, written, inventoryFolder(root, options.name), home))
  const files = await readInventoryFiles(root, options.name, keyringFor, options.source)
  const given = givenVars(options.vars ?? [])
  const validator = validators()
  const named = files.site && plainRoles(files.site)
  const site = parsed(named?.site, (value, origins) => checked(validator<SiteFile>(SITE_SCHEMA), value, origins))
  const hosts = parsed(files.hosts, (value, origins) => checked(validator<HostsFile>(HOSTS_SCHEMA), value, origins))
  const passwords = await readPasswords(hosts.source?.data, files.hosts?.origins ?? new Map(), files.dir, home)

  const tiers = site.source ? buildTiers(site.source) : []
  const membership = hosts.source ? membershipOf(hosts.source, tierNames(tiers)) : NO_GROUPS
  const members = hosts.source ? membersOf(hosts.source, membership) : []
  const here = { ...whoAndWhere(), home, ...options.here }
  const system = options.systemSshConfig ?? '/etc/ssh/ssh_config'
  const sshConfigs = await readSshConfigs(members, files.dir, { home, system, env: here.env })
  const access = logins(members, {
    dir: files.dir,
    home,
    passwords: passwords.passwords,
    becomePassword: options.becomePassword,
    here,
    sshConfig: sshConfigs.of,
  })
  const settled = await withProgramKeys(access.settings, here, isExplicit(members))

  const built =
    site.source && hosts.source
      ? buildHosts({
          site: site.source,
          hosts: hosts.source,
          membership,
          groupVars: levels(files.groupVars),
          hostVars: levels(files.hostVars),
          given: given.level,
          logins: settled,
        })
      : { hosts: [], problems: [] }
  const groupNames = membership.groups.map(({ name }) => name)
  const written = writtenHosts(files.hosts).map(({ host }) => host)
  const hooks = site.source ? hooksOf(site.source, root, home) : { hooks: [], problems: [] }
  const problems = [
    ...files.problems,
    ...(named?.problems ?? []),
    ...site.problems,
    ...hosts.problems,
    ...(site.source ? siteProblems(site.source, options.knownRoles) : []),
    ...(hosts.source && files.hosts && site.source ? hostsProblems(hosts.source, files.hosts, tierNames(tiers)) : []),
    ...membership.problems,
    ...addressProblems(built.hosts),
    ...domainProblems(tiers, built.hosts),
    ...built.problems,
    ...(site.source ? strayFiles(files.groupVars, ['all', ...tierNames(tiers), ...groupNames], 'tier or group') : []),
    ...(hosts.source ? strayFiles(files.hostVars, written, 'host') : []),
    ...[...files.groupVars.values(), ...files.hostVars.values()].flatMap(notMapping),
    ...passwords.problems,
    ...sshConfigs.problems,
    ...access.problems,
    ...given.problems,
    ...hooks.problems,
  ]
  const records = recordsPolicy(site.source?.data.records)
  const inventory = {
    name: options.name,
    dir: files.dir,
    tiers,
    records,
    hooks: hooks.hooks,
    groups: membership.groups,
    hosts: built.hosts,
  }
  return { inventory, problems, incomplete: files.incomplete || given.problems.length > 0 }
}

type Check<T> = (value: unknown, origins: YamlFile['origins']) => ReturnType<typeof checked<T>>

/** A file's data when it is there, is YAML and passes; else what is wrong with it. */
function parsed<T>(
  file: YamlFile | undefined,
  check: Check<T>,
): { source: Source<T> | undefined; problems: readonly Problem[] } {
  if (file === undefined || file.problems.length > 0) return { source: undefined, problems: [] }
  if (file.value === null) {
    return {
      source: undefined,
      problems: [{ message: 'the file is empty', origin: { file: file.file, line: 1, col: 1 } }],
    }
  }
  const { value, problems } = check(file.value, file.origins)
  return { source: value === undefined ? undefined : { data: value, origins: file.origins }, problems }
}

const levels = (files: ReadonlyMap<string, YamlFile>): ReadonlyMap<string, Level> =>
  new Map(
    [...files].map(([name, { value, origins }]) => [name, isMapping(value) ? levelOf(value, origins, '') : NO_VARS]),
  )

/** A file of vars may be empty; else it must be a mapping. */
const notMapping = ({ file, value, problems }: YamlFile): Problem[] =>
  problems.length > 0 || value === null || isMapping(value)
    ? []
    : [{ message: 'a file of vars must be a mapping of names to values', origin: { file, line: 1, col: 1 } }]

const whoAndWhere = (): Omit<Here, 'home'> => {
  const { username, uid } = userInfo()
  return { env: process.env, localUser: username, uid, hostname: hostname() }
}

/** Whether hosts.yml names the transport of a host. */
const isExplicit = (members: readonly Member[]) => {
  const names = new Set(members.filter(({ layers }) => merged(layers).transport !== undefined).map(({ name }) => name))
  return (name: string) => names.has(name)
}
