import { constants } from 'node:fs'
import { access, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { messageOf, ProvisionError } from '../../errors.ts'
import { sourceImporter } from '../../modules/import-module.ts'
import type { Value } from '../inventory.ts'
import { parseYaml, type YamlFile } from '../yaml.ts'
import { fromAnsible, isAnsibleShaped } from './ansible-shape.ts'
import type { HostsInput } from './hosts-input.ts'
import { type ProgramLimits, runProgram } from './program.ts'
import { sourceOrigins } from './source-origins.ts'

/** Where an inventory's hosts may be written, or come from. */
export const SOURCES = ['hosts.yml', 'hosts.ts', 'hosts.js', 'hosts'] as const

export interface SourceOptions {
  readonly limits?: ProgramLimits | undefined
  /** Is given what a program says on standard error, as it comes. Default: this program's own. */
  readonly say?: ((text: string) => void) | undefined
}

export const LIMITS: ProgramLimits = { timeout: 60_000, size: 64 * 1024 * 1024 }

/**
 * The hosts of an inventory, from whichever of its sources is there.
 * @param tiers names of the tiers of its site
 * @returns undefined where there is none
 */
export async function readHosts(
  root: string,
  dir: string,
  tiers: readonly string[],
  options: SourceOptions = {},
): Promise<YamlFile | undefined> {
  const there = (await Promise.all(SOURCES.map(async (name) => ((await isFile(join(dir, name))) ? [name] : [])))).flat()
  const [source, ...others] = there
  if (source === undefined) return undefined
  const path = join(dir, source)
  const file = relative(root, path)
  if (others.length > 0) {
    const named = there.map((name) => relative(root, join(dir, name)))
    return broken(
      file,
      `hosts come from one of them, and there are ${named.join(' and ')}`,
      'take one away, or rename it',
    )
  }
  if (source === 'hosts.yml') return { file, ...(await readYaml(path, file)) }
  return source === 'hosts'
    ? fromProgram(path, file, dir, tiers, options)
    : fromModule(path, file, { root, dir, tiers }, options)
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  )

async function readYaml(path: string, file: string): Promise<Omit<YamlFile, 'file'>> {
  try {
    return parseYaml(await readFile(path, 'utf8'), file)
  } catch (error) {
    return broken(file, `can't be read: ${messageOf(error)}`)
  }
}

const broken = (file: string, message: string, hint?: string): YamlFile => ({
  file,
  value: null,
  origins: new Map(),
  problems: [{ message, origin: { file, line: 0, col: 0 }, hint }],
})

async function fromProgram(
  path: string,
  file: string,
  dir: string,
  tiers: readonly string[],
  { limits = LIMITS, say = (text) => void process.stderr.write(text) }: SourceOptions,
): Promise<YamlFile> {
  const isProgram = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
  if (!isProgram) {
    const hint = `a program that prints hosts: chmod +x ${file}; an inventory of Ansible: provision import ansible ${file}`
    return broken(file, 'it can not be executed', hint)
  }
  const name = `${file} (executable)`
  const { stdout, failure, complaint } = await runProgram(path, ['--list'], dir, limits, say)
  if (failure !== undefined)
    return broken(name, failure, complaint === '' ? 'it said nothing on standard error' : complaint)
  try {
    const answer: unknown = JSON.parse(stdout)
    return shaped(answer, name, tiers)
  } catch (error) {
    const begin = stdout.trimStart().slice(0, 60).split('\n')[0] ?? ''
    return broken(
      name,
      begin === '' ? 'it printed nothing' : `what it printed is not JSON: ${messageOf(error)}`,
      [begin === '' ? '' : `it begins with: ${begin}`, complaint].filter((text) => text !== '').join('\n') || undefined,
    )
  }
}

interface Around {
  readonly root: string
  readonly dir: string
  readonly tiers: readonly string[]
}

async function fromModule(
  path: string,
  file: string,
  around: Around,
  { limits = LIMITS }: SourceOptions,
): Promise<YamlFile> {
  try {
    const importFile = await sourceImporter(around.root)
    const exported = await importFile(path)
    if (typeof exported !== 'function') {
      return broken(
        file,
        'it exports no function by default',
        'export default () => ({ tiers: { web: { hosts: { … } } } })',
      )
    }
    const input: HostsInput = around
    const called: unknown = await inTime(Promise.resolve(exported(input)), limits.timeout)
    // Plain data, as a program would print it: what is undefined is left out.
    const text = JSON.stringify(called)
    if (text === undefined) return broken(file, 'its function returned nothing', 'return { tiers: { … } }')
    if (text.length > limits.size)
      return broken(file, `its function returned more than ${limits.size / 1024 / 1024} MiB`)
    const answer: unknown = JSON.parse(text)
    return shaped(answer, file, around.tiers)
  } catch (error) {
    const place = placeIn(error, path, file)
    const hint = error instanceof ProvisionError ? error.hint : undefined
    const problem = { message: `it failed: ${messageOf(error).replaceAll(/\s+/g, ' ')}`, origin: place, hint }
    return { ...broken(file, ''), problems: [problem] }
  }
}

/** The line of the file at which it was thrown. */
function placeIn(error: unknown, path: string, file: string) {
  const line = error instanceof Error ? error.stack?.split('\n').find((one) => one.includes(path)) : undefined
  const [, at] = /:(\d+):\d+\)?$/.exec(line ?? '') ?? []
  return { file, line: Number(at ?? 0), col: at === undefined ? 0 : 1 }
}

async function inTime<T>(promise: Promise<T>, timeout: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it was not done after ${timeout / 1000} s`)), timeout)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** The answer in our own shape, whichever it has. */
function shaped(answer: unknown, file: string, tiers: readonly string[]): YamlFile {
  if (isAnsibleShaped(answer)) return fromAnsible(answer, file, tiers)
  const value = asValue(answer)
  return { file, value, origins: sourceOrigins(value, file), problems: [] }
}

/** JSON is what YAML can hold. */
const asValue = (data: unknown): Value => {
  if (Array.isArray(data)) return data.map(asValue)
  if (typeof data === 'object' && data !== null) {
    return Object.fromEntries(Object.entries(data).map(([key, one]) => [key, asValue(one)]))
  }
  return typeof data === 'string' || typeof data === 'number' || typeof data === 'boolean' ? data : null
}
