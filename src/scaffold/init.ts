import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { InputError } from '../errors.ts'
import type { KeySources } from '../inventory/sops/identities.ts'
import { isMapping } from '../inventory/vars.ts'
import { parseYaml } from '../inventory/yaml.ts'
import { initSecrets } from '../secrets/init.ts'
import { replaceFile, textOf } from '../secrets/store.ts'
import { type NewHost, type NewTier, tiersOf } from './answers.ts'
import { type Dependency, ownDependency, packageJson } from './package-json.ts'
import { writeSchemas } from './schema-files.ts'
import { type RenderScaffold, scaffoldRenderer, yamlScalar } from './templates.ts'
import { writeNew } from './write.ts'

/** What a project is made of, as asked or given. */
export interface NewProject {
  /** Its folder, absolute. */
  readonly root: string
  readonly inventory: string
  /** None: hosts.yml is there already. */
  readonly hosts: readonly NewHost[]
  readonly user: string
  readonly port?: number | undefined
  readonly identityFile?: string | undefined
  /** Who is made on every host, with these keys. */
  readonly admin?: { readonly name: string; readonly keys: readonly string[] } | undefined
  readonly timezone: string
  /** Whom the message of the day names. */
  readonly contact: string
}

export interface MadeProject {
  readonly made: readonly string[]
  readonly kept: readonly string[]
  readonly dependency: Dependency
}

/** The path of an inventory's hosts.yml in its project. */
export const hostsFile = (inventory: string): string => join('inventories', inventory, 'hosts.yml')

/**
 * Makes a project, or completes one. Nothing that is there is written over; package.json gets what it lacks.
 * @param say hears of the age key, which is made outside of the project where the user has none
 * @throws InputError, before anything is written, when hosts are given and hosts.yml is there
 */
export async function initProject(
  project: NewProject,
  keys: KeySources,
  say: (line: string) => void,
): Promise<MadeProject> {
  const { root, inventory } = project
  const file = hostsFile(inventory)
  if (existsSync(join(root, file)) && project.hosts.length > 0) {
    const hint = `add the hosts to it, or name another inventory: --inventory`
    throw new InputError([{ message: `${file} is there already: hosts can't be given`, hint }])
  }
  const tiers = project.hosts.length > 0 ? tiersOf(project.hosts) : await tiersThere(root, file)
  const roles = await rolesThere(root)
  const dependency = ownDependency(root)
  const manifest = packageJson(root, { name: packageName(root), dependency })
  const hadManifest = existsSync(join(root, 'package.json'))
  await mkdir(root, { recursive: true })
  if (manifest !== undefined) await (hadManifest ? replaceFile : writeFile)(join(root, 'package.json'), manifest)
  const { made, kept } = await writeNew(root, projectFiles(scaffoldRenderer(), project, { tiers, roles }))
  await initSecrets({ root, say }, keys)
  const schemas = await writeSchemas(root)
  const completed = manifest === undefined ? [] : [hadManifest ? 'package.json (completed)' : 'package.json']
  return {
    made: [...completed, ...made, ...schemas],
    kept: [...(manifest === undefined ? ['package.json'] : []), ...kept],
    dependency,
  }
}

/** What the site of a project is: as it is written already, or as it will be. */
export interface NewSite {
  readonly tiers: readonly NewTier[]
  /** Those of all tiers. */
  readonly roles: readonly string[]
}

/** The files of a project, by path. The first role, and vars of roles, only where the site has these roles. */
export function projectFiles(
  render: RenderScaffold,
  project: NewProject,
  { tiers, roles }: NewSite,
): ReadonlyMap<string, string> {
  const { inventory, root } = project
  const admin = project.admin && { name: yamlScalar(project.admin.name), keys: project.admin.keys.map(yamlScalar) }
  const more = { port: project.port, identity_file: project.identityFile }
  const data = {
    name: basename(root),
    inventory,
    tiers: tiers.map(({ name, hosts }) => ({
      name: yamlScalar(name),
      hosts: hosts.map((host) => ({ name: yamlScalar(host.name), address: yamlScalar(host.address) })),
    })),
    connection: {
      user: yamlScalar(project.user),
      more: Object.fromEntries(
        Object.entries(more).flatMap(([key, value]) => (value === undefined ? [] : [[key, yamlScalar(value)]])),
      ),
    },
    base: roles.includes('base'),
    motd: roles.includes('motd'),
    admin,
    timezone: yamlScalar(project.timezone),
    contact: yamlScalar(project.contact),
  }
  const text = (name: string): string => render('project', name, data)
  const first = (name: string): string => render('first-role', name, data)
  const firstRole: [string, string][] = [
    ['roles/motd/index.ts', first('index.ts')],
    ['roles/motd/README.md', first('README.md')],
    ['templates/motd/motd.ejs', first('motd.ejs')],
    ['test/motd.test.ts', first('test.ts')],
  ]
  return new Map([
    [hostsFile(inventory), text('hosts.yml')],
    ['inventories/site.yml', text('site.yml')],
    [`inventories/${inventory}/group_vars/all.yml`, text('all.yml')],
    ...(roles.includes('motd') ? firstRole : []),
    ['tsconfig.json', text('tsconfig.json')],
    ['.gitignore', text('gitignore')],
    ['.vscode/settings.json', text('vscode-settings.json')],
    ['.vscode/extensions.json', text('vscode-extensions.json')],
    ['README.md', text('README.md')],
  ])
}

/** Names of the tiers of a hosts.yml that somebody else has written. */
async function tiersThere(root: string, file: string): Promise<NewTier[]> {
  const { value, problems } = parseYaml(await readFile(join(root, file), 'utf8'), file)
  if (problems.length > 0) throw new InputError(problems)
  const tiers = isMapping(value) && isMapping(value.tiers) ? Object.keys(value.tiers) : []
  return tiers.map((name) => ({ name, hosts: [] }))
}

/** Roles of a site.yml that is there; without one, those of the site that is made. */
async function rolesThere(root: string): Promise<string[]> {
  const file = join('inventories', 'site.yml')
  const text = await textOf(join(root, file))
  if (text === undefined) return ['base', 'motd']
  const { value } = parseYaml(text, file)
  const tiers = isMapping(value) && Array.isArray(value.tiers) ? value.tiers.filter(isMapping) : []
  return tiers.flatMap(({ roles }) => (Array.isArray(roles) ? roles.map((role) => String(role)) : []))
}

/** As npm takes it. */
const packageName = (root: string): string =>
  basename(root)
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '') || 'servers'
