import { existsSync, realpathSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { InputError, messageOf, type Origin, type Problem, ProvisionError } from '../errors.ts'
import { type Import, importCompiled, sourceImporter } from '../modules/import-module.ts'
import { builtinRoles, packageRoot } from './package-root.ts'
import { type PlaceOf, placeFinder } from './places.ts'
import type { Role } from './role.ts'

export interface RoleFile {
  readonly name: string
  /** Absolute path of index.ts, index.js or index.mjs. */
  readonly file: string
  readonly builtin: boolean
}

/** All roles that can be named: a project's own shadow the built-in ones. */
export async function findRoles(
  root: string,
  builtin: string = builtinRoles(),
): Promise<ReadonlyMap<string, RoleFile>> {
  const mine = join(root, 'roles')
  // In provision's own checkout the project's roles are the built-in ones, perhaps compiled.
  const same = existsSync(root) && realpathSync(root) === realpathSync(packageRoot())
  const [built, own] = await Promise.all([rolesIn(builtin, true), same ? [] : rolesIn(mine, false)])
  return new Map([...built, ...own].map((role) => [role.name, role]))
}

/** The same of a folder that has to be there. @throws InputError where it is not */
export async function projectRoles(root: string): Promise<ReadonlyMap<string, RoleFile>> {
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory()) return findRoles(root)
  const hint = 'it is the folder that holds inventories/, roles/ and templates/'
  throw new InputError([{ message: `--project: there is no folder ${root}`, hint }])
}

async function rolesIn(dir: string, builtin: boolean): Promise<RoleFile[]> {
  const names = (await readdir(dir).catch((): string[] => [])).sort()
  return names.flatMap((name) => {
    const file = ['index.ts', 'index.js', 'index.mjs'].map((one) => join(dir, name, one)).find((one) => existsSync(one))
    return file === undefined ? [] : [{ name, file, builtin }]
  })
}

export interface LoadedRoles {
  readonly roles: ReadonlyMap<string, Role>
  readonly problems: readonly Problem[]
}

/** Loads the named roles; names that were not found are left out. */
export async function loadRoles(
  root: string,
  found: ReadonlyMap<string, RoleFile>,
  names: readonly string[],
): Promise<LoadedRoles> {
  const files = [...new Set(names)].flatMap((name) => found.get(name) ?? [])
  const importSource = files.some(isSource) ? await sourceImporter(root) : importCompiled
  const placeOf = placeFinder(root)
  const loaded = await Promise.all(
    files.map((file) => load(file, isSource(file) ? importSource : importCompiled, placeOf)),
  )
  const problems = loaded.flatMap(({ file, problem, origin, hint }): Problem[] =>
    problem === undefined
      ? []
      : [{ message: problem, origin: origin ?? { file: relative(root, file.file), line: 1, col: 1 }, hint }],
  )
  return { roles: new Map(loaded.flatMap(({ file, role }) => (role ? [[file.name, role] as const] : []))), problems }
}

/** Built-in roles are JavaScript once provision is built. */
const isSource = ({ file, builtin }: RoleFile): boolean => !builtin || file.endsWith('.ts')

interface Loaded {
  readonly file: RoleFile
  readonly role?: Role
  readonly problem?: string
  readonly origin?: Origin | undefined
  readonly hint?: string | undefined
}

async function load(file: RoleFile, importFile: Import, placeOf: PlaceOf): Promise<Loaded> {
  try {
    const exported = await importFile(file.file)
    const problem = misshapen(exported, file.name)
    if (isRole(exported) && problem === undefined) return { file, role: exported }
    return { file, problem: `role '${file.name}': ${problem ?? 'is no role'}` }
  } catch (error) {
    return {
      file,
      problem: `role '${file.name}' can't be loaded: ${messageOf(error).replaceAll(/\s+/g, ' ')}`,
      origin: error instanceof Error ? placeOf(error.stack) : undefined,
      hint: error instanceof ProvisionError ? error.hint : undefined,
    }
  }
}

const isRole = (value: unknown): value is Role => misshapen(value) === undefined

/** What keeps an export from being a role (of this name). */
function misshapen(value: unknown, folder?: string): string | undefined {
  if (!isRecord(value)) return 'must be the default export: export default defineRole({ … })'
  if (typeof value.name !== 'string') return 'has no name'
  if (folder !== undefined && value.name !== folder) return `is named '${value.name}', unlike its folder`
  if (typeof value.description !== 'string') return 'has no description'
  if (typeof value.resources !== 'function') return 'has no function resources()'
  if (value.provides !== undefined && typeof value.provides !== 'function') {
    return 'has a provides that is no function: provides: ({ host, vars }) => [ … ]'
  }
  if (value.rollout !== undefined && typeof value.rollout !== 'function') return 'has a rollout that is no function'
  if (!isRecord(value.vars)) return 'has no vars (without any: vars: {})'
  const bare = Object.entries(value.vars).find(
    ([, schema]) => !isRecord(schema) || typeof schema.description !== 'string',
  )
  return bare && `the schema of its var '${bare[0]}' has no description`
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
