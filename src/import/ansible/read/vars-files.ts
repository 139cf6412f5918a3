import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Finding } from '../finding.ts'
import type { VarsFile } from '../inventory/model.ts'
import type { Trouble } from '../parse/declaration.ts'
import { parseAnsibleYaml, varsOf } from '../parse/yaml.ts'

export interface VarsFiles {
  readonly files: readonly VarsFile[]
  readonly findings: readonly Finding[]
  readonly problems: readonly Trouble[]
}

export interface VarsFolder {
  /** Folder that holds group_vars and host_vars. */
  readonly dir: string
  readonly beside: VarsFile['beside']
}

const ENDINGS = ['', '.yml', '.yaml', '.json']

const joined = (parts: readonly VarsFiles[]): VarsFiles => ({
  files: parts.flatMap((part) => part.files),
  findings: parts.flatMap((part) => part.findings),
  problems: parts.flatMap((part) => part.problems),
})

/**
 * Reads group_vars and host_vars of folders: for each name the first that is there of `name` (a file, or a folder of files),
 * `name.yml`, `name.yaml`, `name.json`, as Ansible does. What it would pass over is told.
 */
export async function readVarsFiles(
  folders: readonly VarsFolder[],
  names: { readonly group: readonly string[]; readonly host: readonly string[] },
  shownPath: (path: string) => string,
): Promise<VarsFiles> {
  const kinds = ['group', 'host'] as const
  return joined(
    await Promise.all(
      folders.flatMap(({ dir, beside }) =>
        kinds.map((of) => readFolder(join(dir, `${of}_vars`), { of, beside }, names[of], shownPath)),
      ),
    ),
  )
}

async function readFolder(
  dir: string,
  level: Pick<VarsFile, 'of' | 'beside'>,
  names: readonly string[],
  shownPath: (path: string) => string,
): Promise<VarsFiles> {
  const there = new Map((await entriesIn(dir)).map((entry) => [entry.name, entry]))
  const chosen = names.flatMap((name) => {
    const entry = ENDINGS.map((ending) => there.get(name + ending)).find((one) => one !== undefined)
    return entry === undefined ? [] : [{ name, entry }]
  })
  const read = await Promise.all(
    chosen.map(async ({ name, entry }) => {
      const path = join(dir, entry.name)
      const paths = entry.isFolder ? await filesUnder(path) : [path]
      return joined(await Promise.all(paths.map((one) => readOne(one, shownPath(one), { ...level, name }))))
    }),
  )
  const used = new Set(chosen.map(({ entry }) => entry.name))
  const unused = [...there.values()].filter(({ name }) => !used.has(name) && !isPassedOver(name))
  const findings = unused.map(({ name, isFolder }): Finding => {
    const base = isFolder ? name : name.replace(/\.(ya?ml|json)$/, '')
    const note = names.includes(base)
      ? `Ansible passes it over, since '${base}' is there in another form`
      : `there is no ${level.of} '${base}' in the inventory`
    return { kind: 'source', at: undefined, subject: shownPath(join(dir, name)), note }
  })
  return joined([...read, { files: [], problems: [], findings }])
}

/** Nobody takes these for vars. */
const isPassedOver = (name: string): boolean =>
  name.startsWith('.') || name.endsWith('~') || /^README|\.md$/i.test(name)

interface Entry {
  readonly name: string
  readonly isFolder: boolean
}

async function entriesIn(dir: string): Promise<readonly Entry[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => [])
  return entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }))
}

/** Files of a folder of vars, in the order of their names; folders in it as far as their names have no ending. */
async function filesUnder(dir: string): Promise<string[]> {
  const entries = [...(await entriesIn(dir))].sort((a, b) => (a.name < b.name ? -1 : 1))
  const nested = entries.map(async ({ name, isFolder }) => {
    if (name.startsWith('.') || name.endsWith('~')) return []
    const ending = extname(name)
    if (isFolder) return ending === '' ? filesUnder(join(dir, name)) : []
    return ENDINGS.includes(ending) ? [join(dir, name)] : []
  })
  return (await Promise.all(nested)).flat()
}

async function readOne(path: string, file: string, level: Omit<VarsFile, 'file' | 'vars'>): Promise<VarsFiles> {
  const text = await readFile(path, 'utf8')
  const none: VarsFiles = { files: [], findings: [], problems: [] }
  if (text.startsWith('$ANSIBLE_VAULT;')) {
    const note = `'ansible-vault view ${file}' shows its vars`
    return { ...none, findings: [{ kind: 'vault', at: { file, line: 1 }, subject: 'the whole file', note }] }
  }
  const { entries, problems } = parseAnsibleYaml(text, file)
  if (problems.length > 0) return { ...none, problems }
  if (entries === undefined) {
    return { ...none, problems: [{ at: { file, line: 1 }, message: 'a mapping of vars is expected' }] }
  }
  return { ...none, files: [{ ...level, file, vars: varsOf(entries) }] }
}
