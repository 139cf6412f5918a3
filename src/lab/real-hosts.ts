import { homedir, hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { InputError, type Problem } from '../errors.ts'
import { merged } from '../inventory/connection.ts'
import { readSite } from '../inventory/files.ts'
import { membershipOf } from '../inventory/groups.ts'
import { logins } from '../inventory/logins.ts'
import { membersOf } from '../inventory/members.ts'
import { HOSTS_SCHEMA, type HostsFile } from '../inventory/schemas/hosts.ts'
import { SITE_SCHEMA, type SiteFile } from '../inventory/schemas/site.ts'
import { plainRoles } from '../inventory/site-roles.ts'
import type { Source } from '../inventory/source.ts'
import { readHosts } from '../inventory/sources/read-hosts.ts'
import { readSshConfigs } from '../inventory/ssh-configs.ts'
import { checked } from '../inventory/validate.ts'
import type { YamlFile } from '../inventory/yaml.ts'
import { validators } from '../schemas/validators.ts'

/** A host as the inventory has it, as far as a lab goes by it. */
export interface RealHost {
  readonly name: string
  readonly tier: string
  readonly address: string
  /** Who logs in. */
  readonly user: string
  readonly port: number
  /** sudo wants a password, which a file has. */
  readonly withPassword: boolean
}

/** A tier of site.yml. */
export interface SiteTier {
  readonly name: string
  readonly roles: readonly string[]
  /** The var that its hosts' failure domain is named by. */
  readonly failureDomain?: string | undefined
}

/** An inventory of a project, from whichever source its hosts come. */
export interface RealInventory {
  /** What the source says, in the shape of hosts.yml. */
  readonly written: YamlFile
  /** Absolute path of the site.yml that counts for it. */
  readonly site: string
  /** The tiers of that site. */
  readonly tiers: readonly SiteTier[]
  readonly hosts: readonly RealHost[]
}

/**
 * Reads which hosts an inventory has, and how they are logged in at: by ssh_config too, where it says nothing. Files of vars
 * are not looked at, nor keys and passwords that are on this machine or not.
 * @param root absolute path of the project
 * @param from absolute path of the inventory's folder
 * @throws InputError when it can't be read
 */
export async function realInventory(root: string, from: string): Promise<RealInventory> {
  const site = await readSite(root, from)
  if (site === undefined) {
    throw new InputError([
      { message: 'inventories/site.yml is missing', hint: 'it names the tiers and the roles of each' },
    ])
  }
  const tiers = tiersOf(site)
  const names = tiers.map(({ name }) => name)
  const written = await readHosts(root, from, names)
  if (written === undefined) {
    const hint = 'a lab is made of the hosts of an inventory: hosts.yml, hosts.ts, or a program hosts that prints JSON'
    throw new InputError([{ message: `${join(from, 'hosts.yml')} is missing`, hint }])
  }
  refuse(written.problems)
  const { value: data, problems } = checked(validators()<HostsFile>(HOSTS_SCHEMA), written.value, written.origins)
  refuse(problems)
  const hosts = data === undefined ? [] : await withLogins({ data, origins: written.origins }, names, from)
  return { written, site: join(root, site.file), tiers, hosts }
}

function tiersOf(site: YamlFile): SiteTier[] {
  const plain = plainRoles(site)
  refuse([...site.problems, ...plain.problems])
  const { value, problems } = checked(validators()<SiteFile>(SITE_SCHEMA), plain.site.value, site.origins)
  refuse(problems)
  return (value?.tiers ?? []).map(({ name, roles, rollout }) => {
    const domain = rollout?.failure_domain
    return { name, roles, failureDomain: typeof domain === 'string' ? domain : undefined }
  })
}

async function withLogins(source: Source<HostsFile>, tiers: readonly string[], from: string): Promise<RealHost[]> {
  const members = membersOf(source, membershipOf(source, tiers))
  const { username, uid } = userInfo()
  const here = { home: homedir(), env: process.env, localUser: username, uid, hostname: hostname() }
  const configs = await readSshConfigs(members, from, { ...here, system: '/etc/ssh/ssh_config' })
  // What is wrong with jump hosts and the like is no concern of a lab.
  const { settings } = logins(members, {
    dir: from,
    home: here.home,
    passwords: new Map(),
    becomePassword: undefined,
    here,
    sshConfig: configs.of,
  })
  const tierOf = new Map(
    Object.entries(source.data.tiers).flatMap(([tier, body]) => Object.keys(body.hosts).map((name) => [name, tier])),
  )
  return members.map(({ name, address, layers }) => {
    const { user = 'root', port = 22, become } = settings.get(name) ?? {}
    const withPassword = become !== 'none' && merged(layers).become_password_file !== undefined
    return { name, tier: tierOf.get(name) ?? '', address, user, port, withPassword }
  })
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new InputError(problems)
}
