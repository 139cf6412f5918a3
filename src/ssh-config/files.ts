import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { messageOf, type Problem } from '../errors.ts'
import { criteriaOf, type Section } from './criteria.ts'
import { KEYWORDS, misspelt } from './keywords.ts'
import { globRegExp } from './patterns.ts'
import { parseSshConfig, type Statement } from './syntax.ts'

/** What an ssh_config says, in its order; what is included stands where it is. */
export type Node =
  | { readonly kind: 'section'; readonly section: Section }
  | { readonly kind: 'setting'; readonly statement: Statement }
  | { readonly kind: 'include'; readonly files: readonly (readonly Node[])[] }

export interface SshConfig {
  readonly nodes: readonly Node[]
  readonly problems: readonly Problem[]
}

export interface SshConfigPlaces {
  readonly home: string
  /** The system's file. */
  readonly system: string
  readonly env: NodeJS.ProcessEnv
}

/** What a user's file is held to: it names programs that are run. */
type Trust = 'owner' | 'anybody'

interface Reading {
  readonly home: string
  readonly env: NodeJS.ProcessEnv
  /** Where relative paths of Include lead. */
  readonly dir: string
  readonly problems: Problem[]
  readonly depth: number
  /** Keywords, in lower case, that don't count. */
  readonly without: readonly string[]
}

/** Debian and Fedora have it in the system's file: nobody means it who has no ticket. */
const UNMEANT = ['gssapiauthentication']

/** As ssh has it. */
const MAX_DEPTH = 16

/**
 * Reads what ssh would: a file alone, or the user's own and then the system's, where they are there.
 * @param path absolute; undefined: the usual two
 */
export async function readSshConfig(
  path: string | undefined,
  { home, system, env }: SshConfigPlaces,
): Promise<SshConfig> {
  const problems: Problem[] = []
  const own: Reading = { home, env, dir: join(home, '.ssh'), problems, depth: 0, without: [] }
  if (path !== undefined) {
    const nodes = await read(path, own, 'anybody')
    if (nodes === undefined) problems.push({ message: `there is no ssh_config ${path}` })
    return { nodes: nodes ?? [], problems }
  }
  const files = [
    await read(join(home, '.ssh', 'config'), own, 'owner'),
    await read(system, { ...own, dir: dirname(system), without: env.KRB5CCNAME ? [] : UNMEANT }, 'anybody'),
  ]
  return { nodes: files.map((nodes) => ({ kind: 'include', files: [nodes ?? []] })), problems }
}

/** @returns undefined where there is no such file */
async function read(path: string, reading: Reading, trust: Trust): Promise<Node[] | undefined> {
  const file = shown(path, reading.home)
  const at = { file, line: 1, col: 1 }
  try {
    const distrust = trust === 'owner' ? await distrusted(path) : undefined
    if (distrust !== undefined) reading.problems.push({ message: distrust, origin: at, hint: `chmod go-w ${file}` })
    const { statements, problems } = parseSshConfig(await readFile(path, 'utf8'), file)
    reading.problems.push(...problems)
    return await nodesOf(statements, reading)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined
    reading.problems.push({ message: `can't be read: ${messageOf(error)}`, origin: at })
    return []
  }
}

async function nodesOf(statements: readonly Statement[], reading: Reading): Promise<Node[]> {
  const ignored = statements.flatMap(({ name, words }) => (name === 'ignoreunknown' ? words : []))
  const nodes: Node[] = []
  for (const statement of statements) {
    const { name, words, origin } = statement
    if (name === 'include') {
      nodes.push(...(await included(statement, reading)))
    } else if (name === 'host' || name === 'match') {
      const section = criteriaOf(statement)
      if (typeof section === 'string') reading.problems.push({ message: section, origin })
      else nodes.push({ kind: 'section', section })
    } else {
      const wrong = KEYWORDS.get(name)?.(words)
      const meant = misspelt(statement.keyword)
      if (wrong !== undefined) reading.problems.push({ message: `${statement.keyword} ${wrong}`, origin })
      else if (KEYWORDS.has(name)) {
        if (!reading.without.includes(name)) nodes.push({ kind: 'setting', statement })
      } else if (meant !== undefined && !ignored.some((word) => isIgnored(word, statement.keyword))) {
        const message = `unknown keyword ${statement.keyword}`
        reading.problems.push({ message, origin, hint: `did you mean ${meant}?` })
      }
    }
  }
  return nodes
}

const isIgnored = (patterns: string, keyword: string): boolean =>
  patterns.split(',').some((pattern) => globRegExp(pattern.toLowerCase()).test(keyword.toLowerCase()))

async function included({ words, origin }: Statement, reading: Reading): Promise<Node[]> {
  if (reading.depth >= MAX_DEPTH) {
    reading.problems.push({ message: `Include goes deeper than ${MAX_DEPTH} files`, origin })
    return []
  }
  const found = await Promise.all(words.map((word) => matching(includePath(word, reading))))
  const files: Node[][] = []
  for (const path of found.flat()) {
    files.push((await read(path, { ...reading, depth: reading.depth + 1 }, 'owner')) ?? [])
  }
  return [{ kind: 'include', files }]
}

const includePath = (word: string, { home, dir, env }: Reading): string => {
  const path = word.replace(/^~(?=\/|$)/, home).replace(/\$\{(\w+)\}/g, (all, name: string) => env[name] ?? all)
  return isAbsolute(path) ? path : resolve(dir, path)
}

/** Paths that a glob means, sorted; one without any magic stands for itself. */
async function matching(glob: string): Promise<string[]> {
  const { default: picomatch } = await import('picomatch')
  const step = async (bases: readonly string[], segment: string): Promise<string[]> => {
    if (!/[*?[]/.test(segment)) return bases.map((base) => join(base, segment))
    const fits = picomatch(segment, { nobrace: true, noextglob: true, noglobstar: true, nonegate: true })
    const names = await Promise.all(bases.map((base) => readdir(base).catch((): string[] => [])))
    return bases.flatMap((base, i) =>
      (names[i] ?? [])
        .filter((name) => fits(name))
        .sort()
        .map((name) => join(base, name)),
    )
  }
  let paths = ['/']
  for (const segment of glob.split('/').filter((part) => part !== '')) paths = await step(paths, segment)
  return paths
}

/** Why ssh would not take a file of the user's. */
async function distrusted(path: string): Promise<string | undefined> {
  const { uid, mode } = await stat(path)
  const strange = uid !== 0 && uid !== process.getuid?.()
  if (!strange && (mode & 0o022) === 0) return undefined
  return strange
    ? 'it belongs to another user: ssh refuses such a file'
    : 'others may write to it: ssh refuses such a file'
}

const shown = (path: string, home: string): string =>
  path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path
