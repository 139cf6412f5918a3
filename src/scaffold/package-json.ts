import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { packageRoot } from '../catalog/package-root.ts'
import { ProvisionError } from '../errors.ts'
import { isMapping } from '../inventory/vars.ts'

/** How a project depends on the program that makes it. */
export interface Dependency {
  /** As package.json has it: `^1.2.3`, `file:../provision-1.2.3.tgz`. */
  readonly spec: string
  /** Undefined: from the registry. */
  readonly local?: string | undefined
}

/**
 * Where npm finds this very program: the registry that it was installed from, or the archive or folder. A name alone would be
 * taken from the registry, where another program may have it.
 * @param root folder of the project
 */
export function ownDependency(root: string, own: string = packageRoot()): Dependency {
  const modules = dirname(own)
  const lock = basename(modules) === 'node_modules' ? read(join(modules, '.package-lock.json')) : undefined
  const packages = isMapping(lock) && isMapping(lock.packages) ? lock.packages : {}
  const entry = packages['node_modules/provision']
  const resolved = isMapping(entry) && typeof entry.resolved === 'string' ? entry.resolved : undefined
  if (resolved !== undefined && /^https?:/.test(resolved)) return { spec: `^${ownPackage(own).version}` }
  const path = resolved?.startsWith('file:') ? resolve(dirname(modules), resolved.slice('file:'.length)) : own
  const near = relative(root, path)
  // What is beside the project moves along with it; what is elsewhere on the machine does not.
  const local = near.startsWith('../../') ? path : near
  return { spec: `file:${local}`, local }
}

/** What a package.json of a project shall have. */
export interface Manifest {
  readonly name: string
  readonly dependency: Dependency
}

/**
 * The package.json of a project. What is there stays as it is, and only what is missing is added.
 * @returns undefined where nothing is missing
 * @throws ProvisionError when it can't be read
 */
export function packageJson(root: string, { name, dependency }: Manifest, own = packageRoot()): string | undefined {
  const path = join(root, 'package.json')
  const there = existsSync(path) ? readStrictly(path) : undefined
  const { jiti, types } = ownPackage(own)
  const wanted = {
    ...(there === undefined ? { name, version: '0.0.0' } : {}),
    private: true,
    type: 'module',
    scripts: { test: 'node --import jiti/register --test test/*.test.ts' },
    dependencies: { provision: dependency.spec },
    devDependencies: { '@types/node': types, jiti },
  }
  const text = (data: unknown): string => `${JSON.stringify(data, undefined, 2)}\n`
  if (there === undefined) return text(wanted)
  const part = (name: 'scripts' | 'dependencies' | 'devDependencies'): Readonly<Record<string, unknown>> => {
    const has = there[name]
    return { ...wanted[name], ...(isMapping(has) ? has : {}) }
  }
  const devDependencies = part('devDependencies')
  // In which list somebody has it is their choice.
  const { provision, ...others } = part('dependencies')
  const dependencies = 'provision' in devDependencies ? others : { ...others, provision }
  const completed = { ...wanted, ...there, scripts: part('scripts'), dependencies, devDependencies }
  return sorted(there) === sorted(completed) ? undefined : text(completed)
}

const sorted = (data: unknown): string =>
  JSON.stringify(data, (_, value: unknown) =>
    isMapping(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
  )

function readStrictly(path: string): Readonly<Record<string, unknown>> {
  const data = read(path)
  if (isMapping(data)) return data
  throw new ProvisionError(`${path} is no JSON object`, { code: 'input', hint: 'mend it, or take it away' })
}

function read(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

function ownPackage(own: string): { version: string; jiti: string; types: string } {
  const data = read(join(own, 'package.json'))
  const at = (value: unknown, key: string): string =>
    isMapping(value) && typeof value[key] === 'string' ? value[key] : '*'
  if (!isMapping(data)) return { version: '0.0.0', jiti: '*', types: '*' }
  return {
    version: at(data, 'version'),
    jiti: at(data.dependencies, 'jiti'),
    types: at(data.devDependencies, '@types/node'),
  }
}
