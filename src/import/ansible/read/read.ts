import { readdir, readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { InputError, type Problem } from '../../../errors.ts'
import type { Finding } from '../finding.ts'
import { type AnsibleInventory, foldInventory } from '../inventory/model.ts'
import { type AnsibleCfg, listOf, parseCfg } from '../parse/cfg.ts'
import type { Trouble } from '../parse/declaration.ts'
import { ignoredNames } from './ignored.ts'
import { readSources } from './sources.ts'
import { readVarsFiles, type VarsFolder } from './vars-files.ts'

export interface ReadAnsible {
  readonly inventory: AnsibleInventory
  readonly cfg: AnsibleCfg | undefined
  /** Absolute folder of ansible.cfg; undefined without one. */
  readonly cfgDir: string | undefined
  /** Absolute folder of the inventory. */
  readonly dir: string
  /** Files and programs of the inventory that were read. */
  readonly sources: readonly string[]
  readonly findings: readonly Finding[]
}

export interface ReadOptions {
  /** A file, a program, a folder of them, or a folder with an ansible.cfg that names an inventory. */
  readonly path: string
  /** Folder of playbooks, whose group_vars and host_vars count too; default: that of ansible.cfg. */
  readonly playbookDir?: string | undefined
}

/**
 * Reads an Ansible inventory with all that belongs to it.
 * @throws InputError with everything that Ansible itself would not take, and where there is no host at all
 */
export async function readAnsible({ path, playbookDir }: ReadOptions): Promise<ReadAnsible> {
  const start = resolve(path)
  const found = await stat(start).catch(() => undefined)
  if (found === undefined) {
    throw new InputError([
      { message: `there is no ${path}`, hint: 'give the path of an inventory: a file or a folder' },
    ])
  }
  const near = found.isDirectory() ? start : dirname(start)
  const cfgDir = await folderOfCfg(near)
  const cfg = cfgDir === undefined ? undefined : await readCfg(join(cfgDir, 'ansible.cfg'))
  const paths = await sourcePaths(start, found.isDirectory(), cfgDir === near ? cfg : undefined)

  const sources = await readSources(paths, { shownPath, ignored: ignoredNames(cfg) })
  const inventory = foldInventory(sources.declarations, [])
  const beside = [...new Set(await Promise.all(paths.map(folderOf)))]
  const playbooks = playbookDir === undefined ? cfgDir : resolve(playbookDir)
  const folders: readonly VarsFolder[] = [
    ...beside.map((dir) => ({ dir, beside: 'inventory' as const })),
    ...(playbooks === undefined || beside.includes(playbooks)
      ? []
      : [{ dir: playbooks, beside: 'playbooks' as const }]),
  ]
  const groups = [...new Set([...inventory.groups.keys(), 'ungrouped'])]
  const vars = await readVarsFiles(folders, { group: groups, host: [...inventory.hosts.keys()] }, shownPath)
  const problems = [...sources.problems, ...vars.problems]
  if (problems.length > 0) throw new InputError(problems.map(problemOf))
  if (inventory.hosts.size === 0) throw noHosts(path, sources.read, sources.findings)
  const unread = playbooks === undefined ? await varsBesidePlaybooks(dirname(near)) : []
  return {
    inventory: { ...inventory, varsFiles: vars.files },
    cfg,
    cfgDir,
    dir: beside[0] ?? near,
    sources: sources.read,
    findings: [...sources.findings, ...vars.findings, ...unread],
  }
}

/** A path as it is printed. */
const shownPath = (path: string): string => relative(process.cwd(), path) || '.'

const readCfg = async (path: string): Promise<AnsibleCfg> => parseCfg(await readFile(path, 'utf8'), shownPath(path))

const problemOf = ({ at, message }: Trouble): Problem => ({ message, origin: { file: at.file, line: at.line, col: 1 } })

function noHosts(path: string, read: readonly string[], findings: readonly Finding[]): InputError {
  const why = findings.map(({ at, subject, note }) =>
    [at?.file, subject, note].filter((one) => one !== undefined).join(': '),
  )
  return new InputError([
    {
      message: `there is no host in ${path}${read.length > 0 ? ` (read: ${read.join(', ')})` : ''}`,
      hint: why.length > 0 ? why.join('; ') : 'is it an inventory? What Ansible takes with -i is what to give here',
    },
  ])
}

/** Of the folder itself or the nearest above it, up to the top of a repository. */
async function folderOfCfg(from: string): Promise<string | undefined> {
  let dir = from
  for (let steps = 0; steps < 6 && dir !== homedir(); steps += 1) {
    const names = await readdir(dir).catch((): string[] => [])
    if (names.includes('ansible.cfg')) return dir
    if (names.includes('.git') || dirname(dir) === dir) return undefined
    dir = dirname(dir)
  }
  return undefined
}

/** A folder with an ansible.cfg is a project: its setting says where the inventory is. */
async function sourcePaths(start: string, isFolder: boolean, cfg: AnsibleCfg | undefined): Promise<readonly string[]> {
  if (!isFolder || cfg === undefined) return [start]
  const named = cfg.get('defaults', 'inventory') ?? cfg.get('defaults', 'hostfile')
  if (named !== undefined) return listOf(named.value).map((one) => resolve(start, withHome(one)))
  const likely = (await readdir(start)).filter((name) => /^(inventor(y|ies)|hosts)(\.|$)/.test(name)).sort()
  const [only, ...more] = likely
  if (only !== undefined && more.length === 0) return [join(start, only)]
  const hint =
    likely.length > 0
      ? `give the path of one: ${likely.map((name) => shownPath(join(start, name))).join(', ')}`
      : 'give the path of the inventory itself'
  throw new InputError([{ message: `${cfg.file} names no inventory`, hint }])
}

const withHome = (path: string): string => (path.startsWith('~/') ? join(homedir(), path.slice(2)) : path)

const folderOf = async (path: string): Promise<string> => {
  const found = await stat(path).catch(() => undefined)
  return found?.isDirectory() ? path : dirname(path)
}

/** Vars beside the playbooks count for Ansible too; without an ansible.cfg nobody says where these are. */
async function varsBesidePlaybooks(dir: string): Promise<Finding[]> {
  const names = await readdir(dir).catch((): string[] => [])
  return names
    .filter((name) => name === 'group_vars' || name === 'host_vars')
    .map((name) => ({
      kind: 'source',
      at: undefined,
      subject: shownPath(join(dir, name)),
      note: `vars beside playbooks count for Ansible: if they are, import with --playbook-dir ${shownPath(dir)}`,
    }))
}
