import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { messageOf, type Problem } from '../errors.ts'
import { dotted, step } from '../problems/pointer.ts'
import type { Vars } from './inventory.ts'
import { originAt } from './origins.ts'
import { type Keyring, noKeyFor } from './sops/unlock.ts'
import { isSealed, readSealedVars, type SealedVars } from './sops/vars.ts'
import { isMapping, mergeVars } from './vars.ts'
import { parseYaml, type YamlFile } from './yaml.ts'

/** The vars of one folder (group_vars, host_vars). */
export interface VarsFolder {
  /** By the name of the file without `.yml` or `.sops.yml`: both together are one level. */
  readonly files: ReadonlyMap<string, YamlFile>
  /** Encrypted files for which there is no key. */
  readonly locked: readonly LockedFile[]
  /** Some file could not be read, so that vars are missing that are in fact there. */
  readonly incomplete: boolean
}

export type LockedFile = YamlFile & Required<Pick<SealedVars, 'locked'>>

export const SEALED_END = '.sops.yml'
const PLAIN_END = '.yml'

/** Reads the files of a folder: plain ones, and beside them the encrypted ones (`web.yml`, `web.sops.yml`). */
export async function readVarsFolder(root: string, dir: string, keyring: Keyring): Promise<VarsFolder> {
  const names = (await readdir(dir).catch((): string[] => [])).sort().filter((name) => !name.startsWith('.'))
  const read = async (name: string): Promise<Entry | undefined> => {
    const path = join(dir, name)
    const file = relative(root, path)
    // Nobody would see that it counts for nothing.
    if (name.endsWith('.yaml')) return { name, plain: misnamed(file) }
    if (name.endsWith(SEALED_END)) {
      return { name: name.slice(0, -SEALED_END.length), sealed: await readSealed(path, file, keyring) }
    }
    return name.endsWith(PLAIN_END)
      ? { name: name.slice(0, -PLAIN_END.length), plain: await readPlain(path, file) }
      : undefined
  }
  const entries = (await Promise.all(names.map(read))).filter((entry) => entry !== undefined)
  const sealed = entries.flatMap((entry) => entry.sealed ?? [])
  return {
    files: new Map([...new Set(entries.map(({ name }) => name))].flatMap((name) => level(name, entries))),
    locked: sealed.filter(isLocked),
    incomplete: entries.some(({ plain, sealed }) => isUnread(plain) || isUnread(sealed)),
  }
}

interface Entry {
  readonly name: string
  readonly plain?: YamlFile
  readonly sealed?: YamlFile & SealedVars
}

/** What should be a mapping of vars counts too: an empty file is one. */
const isUnread = (file: (YamlFile & Partial<SealedVars>) | undefined): boolean =>
  file !== undefined &&
  (file.locked !== undefined || file.problems.length > 0 || !(file.value === null || isMapping(file.value)))

const isLocked = (file: YamlFile & SealedVars): file is LockedFile => file.locked !== undefined

function level(name: string, entries: readonly Entry[]): [string, YamlFile][] {
  const own = entries.filter((entry) => entry.name === name)
  const plain = own.find((entry) => entry.plain)?.plain
  const sealed = own.find((entry) => entry.sealed)?.sealed
  if (plain === undefined || sealed === undefined) return [[name, plain ?? sealed]].flatMap(defined)
  const one = isMapping(plain.value) ? plain.value : {}
  const other = isMapping(sealed.value) ? sealed.value : {}
  const twice = clashes(one, other, '').map((pointer) => ({
    message: `'${dotted(pointer)}' is in ${plain.file} too`,
    origin: originAt(sealed.origins, pointer),
    path: dotted(pointer),
    hint: 'both files are one level: keep it in one of them',
  }))
  return [
    [
      name,
      {
        file: plain.file,
        value: isMapping(plain.value) || isMapping(sealed.value) ? mergeVars(one, other) : plain.value,
        origins: new Map([...sealed.origins, ...plain.origins, ...underOf(sealed)]),
        problems: [...plain.problems, ...sealed.problems, ...twice],
      },
    ],
  ]
}

const defined = ([name, file]: (string | YamlFile | undefined)[]): [string, YamlFile][] =>
  typeof name === 'string' && typeof file === 'object' ? [[name, file]] : []

/** Places of an encrypted file's own values, without the whole. */
const underOf = ({ origins }: YamlFile) => [...origins].filter(([pointer]) => pointer !== '')

/** Pointers of what is in both, but for mappings that are mappings in both. */
function clashes(one: Vars, other: Vars, pointer: string): string[] {
  return Object.entries(other).flatMap(([key, value]) => {
    const known = Object.hasOwn(one, key) ? one[key] : undefined
    if (known === undefined) return []
    const place = pointer + step(key)
    return isMapping(known) && isMapping(value) ? clashes(known, value, place) : [place]
  })
}

async function readPlain(path: string, file: string): Promise<YamlFile> {
  const text = await textOf(path, file)
  if (typeof text !== 'string') return text
  const parsed = { file, ...parseYaml(text, file) }
  if (!isSealed(parsed.value)) return parsed
  const problem = {
    message: 'it is encrypted, but its name does not say so',
    origin: { file, line: 1, col: 1 },
    hint: `rename it to ${file.replace(/\.yml$/, SEALED_END)}`,
  }
  return { ...parsed, value: null, problems: [problem] }
}

async function readSealed(path: string, file: string, keyring: Keyring): Promise<YamlFile & SealedVars> {
  const text = await textOf(path, file)
  return typeof text === 'string' ? { file, ...(await readSealedVars(text, file, keyring)) } : text
}

async function textOf(path: string, file: string): Promise<string | YamlFile> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    return broken(file, { message: `can't be read: ${messageOf(error)}`, origin: { file, line: 1, col: 1 } })
  }
}

const broken = (file: string, problem: Problem): YamlFile => ({
  file,
  value: null,
  origins: new Map(),
  problems: [problem],
})

const misnamed = (file: string): YamlFile =>
  broken(file, {
    message: 'files of vars end in .yml',
    origin: { file, line: 1, col: 1 },
    hint: 'rename it from .yaml to .yml',
  })

/** One problem for all files that the same keys would open. */
export async function lockedProblems(locked: readonly LockedFile[], keyring: Keyring): Promise<Problem[]> {
  const groups = new Map<string, LockedFile[]>()
  for (const file of locked) {
    const recipients = file.locked?.age.map(({ recipient }) => recipient) ?? []
    const key = [...recipients].sort().join(' ')
    groups.set(key, [...(groups.get(key) ?? []), file])
  }
  return Promise.all(
    [...groups.values()].flatMap((files) => {
      const metadata = files[0]?.locked
      const [first] = files
      if (metadata === undefined || first === undefined) return []
      const origin = { file: first.file, line: 1, col: 1 }
      const names = files.map(({ file }) => file)
      return [noKeyFor(names, metadata, keyring).then((problem) => ({ ...problem, origin }))]
    }),
  )
}
