import { readdir, readFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { messageOf, type Problem } from '../errors.ts'
import { nameHint } from './problems.ts'
import { type ParsedYaml, parseYaml } from './yaml.ts'

export interface YamlFile extends ParsedYaml {
  /** Relative to the project, as in messages. */
  readonly file: string
}

/** Everything that was written about one inventory, as it stands in its files. */
export interface InventoryFiles {
  /** Absolute path of inventories/<name>. */
  readonly dir: string
  readonly site: YamlFile | undefined
  readonly hosts: YamlFile | undefined
  /** By the name of the file without `.yml`. */
  readonly groupVars: ReadonlyMap<string, YamlFile>
  readonly hostVars: ReadonlyMap<string, YamlFile>
  readonly problems: readonly Problem[]
}

/**
 * Reads the files of inventories/<name>, or of the folder itself when the name is a path; what is wrong with them is in
 * `problems`.
 */
export async function readInventoryFiles(root: string, name: string): Promise<InventoryFiles> {
  const isPath = name.includes('/') || name === '.' || name === '..'
  const dir = isPath ? resolve(root, name) : join(root, 'inventories', name)
  const unknown = isPath ? undefined : await unknownInventory(root, name)
  if (unknown) {
    return { dir, site: undefined, hosts: undefined, groupVars: new Map(), hostVars: new Map(), problems: [unknown] }
  }
  const [own, shared, hosts, groupVars, hostVars] = await Promise.all([
    read(root, join(dir, 'site.yml')),
    read(root, join(root, 'inventories', 'site.yml')),
    read(root, join(dir, 'hosts.yml')),
    readFolder(root, join(dir, 'group_vars')),
    readFolder(root, join(dir, 'host_vars')),
  ])
  const site = own ?? shared
  const missing = [
    ...(site ? [] : [missingFile(join('inventories', 'site.yml'), 'it names the tiers and the roles of each')]),
    ...(hosts ? [] : [missingFile(relative(root, join(dir, 'hosts.yml')), 'it names the hosts of each tier')]),
  ]
  const files = [site, hosts, ...groupVars.values(), ...hostVars.values()]
  const problems = [...missing, ...files.flatMap((file) => file?.problems ?? [])]
  return { dir, site, hosts, groupVars, hostVars, problems }
}

const missingFile = (file: string, hint: string): Problem => ({ message: `${file} is missing`, hint })

async function unknownInventory(root: string, name: string): Promise<Problem | undefined> {
  const known = await folders(join(root, 'inventories'))
  if (known === undefined) {
    return { message: `there is no folder 'inventories' in ${root}`, hint: 'run provision in the folder of a project' }
  }
  if (known.includes(name)) return undefined
  return { message: `there is no inventory '${name}' in ${join(root, 'inventories')}`, hint: nameHint(name, known) }
}

/** Names of the inventories of a project. */
export async function inventoryNames(root: string): Promise<string[]> {
  return (await folders(join(root, 'inventories'))) ?? []
}

const folders = async (dir: string): Promise<string[] | undefined> => {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => undefined)
  return entries?.filter((entry) => !entry.isFile() && !entry.name.startsWith('.')).map((entry) => entry.name)
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

/** The .yml files of a folder; a .yaml is a problem, since nobody would see that it counts for nothing. */
async function readFolder(root: string, dir: string): Promise<ReadonlyMap<string, YamlFile>> {
  const names = (await readdir(dir).catch((): string[] => [])).sort()
  const files = names.map(async (name): Promise<[string, YamlFile] | undefined> => {
    const path = join(dir, name)
    if (name.startsWith('.')) return undefined
    if (name.endsWith('.yaml')) return [name, misnamed(relative(root, path))]
    const file = name.endsWith('.yml') ? await read(root, path) : undefined
    return file && [name.slice(0, -'.yml'.length), file]
  })
  return new Map((await Promise.all(files)).filter((entry) => entry !== undefined))
}

const misnamed = (file: string): YamlFile => ({
  file,
  value: null,
  origins: new Map(),
  problems: [
    { message: 'files of vars end in .yml', origin: { file, line: 1, col: 1 }, hint: 'rename it from .yaml to .yml' },
  ],
})
