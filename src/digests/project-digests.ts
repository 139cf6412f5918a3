import { createHash } from 'node:crypto'
import { type Dirent, existsSync, readFileSync, type Stats, statSync } from 'node:fs'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import pLimit from 'p-limit'

/** SHA-256, in hexadecimal, of what a run goes by. The same files give the same, on whatever machine. */
export interface ProjectDigests {
  /** The project's roles, templates, modules and dependencies, and the version of provision, which brings the built-in ones. */
  readonly code: string
  /** What the inventory is made of, as it is on disk: of encrypted files what is encrypted. */
  readonly inventory: string
}

export interface ProjectPlaces {
  /** Absolute folder of the project. */
  readonly root: string
  /** Absolute folder of the inventory. */
  readonly inventory: string
  /** The version of provision. */
  readonly version: string
}

/** All that is in them is code, whatever it is called: templates, files that roles send. */
const CODE_FOLDERS = ['roles', 'templates']
/** Elsewhere in the project: what roles may import, and which versions of what they do. */
const CODE_FILES = /(\.[cm]?[jt]s|^package(-lock)?\.json|^(pnpm-lock|yarn)\.(yaml|lock))$/
/** Of a folder of an inventory. known_hosts and keys may lie there, too, which say nothing of what hosts are to be. */
const INVENTORY_FILES = /^(hosts(\.\w+)?|site\.yml|group_vars|host_vars)$/
/** Files that are open at a time. */
const AT_ONCE = 16
/** Bytes up to which a file is read at once: nothing waits for it that anybody would notice. */
const SMALL = 1 << 20

/** Reads them all: some tens of milliseconds for some hundred files. @throws what the file system says when one can't be read */
export async function projectDigests({ root, inventory, version }: ProjectPlaces): Promise<ProjectDigests> {
  const files = await projectFiles({ root, inventory })
  const [code, of] = await Promise.all([digestOf(files.code), digestOf(files.inventory)])
  return { code: sha256(`provision ${version}\n${code}`), inventory: of }
}

export interface ProjectFiles {
  /** Named by their way from the project's folder. */
  readonly code: readonly NamedFile[]
  /** Named by their way from the inventory's folder. */
  readonly inventory: readonly NamedFile[]
}

/** The files that a run goes by. @throws what the file system says when a folder can't be read */
export async function projectFiles({ root, inventory }: Omit<ProjectPlaces, 'version'>): Promise<ProjectFiles> {
  const inventories = join(root, 'inventories')
  const isElsewhere = (name: string, path: string) =>
    !name.startsWith('.') && name !== 'node_modules' && path !== inventories && path !== inventory
  const [folders, modules, written] = await Promise.all([
    Promise.all(CODE_FOLDERS.map((name) => filesIn(join(root, name), `${name}/`, () => true))),
    filesIn(
      root,
      '',
      (entry, path, inside) =>
        isElsewhere(entry.name, path) &&
        !(inside === '' && CODE_FOLDERS.includes(entry.name)) &&
        (entry.isDirectory() || CODE_FILES.test(entry.name)),
    ),
    filesIn(inventory, '', (entry, _, inside) => inside !== '' || INVENTORY_FILES.test(entry.name)),
  ])
  // The one beside the inventories counts where the inventory has none of its own.
  const shared = join(inventories, 'site.yml')
  const site =
    !existsSync(join(inventory, 'site.yml')) && existsSync(shared) ? [{ name: '../site.yml', path: shared }] : []
  return { code: [...folders.flat(), ...modules], inventory: [...site, ...written] }
}

export interface NamedFile {
  /** With its way from where one begins. */
  readonly name: string
  readonly path: string
}

type Wanted = (entry: Dirent, path: string, inside: string) => boolean

async function filesIn(dir: string, inside: string, wanted: Wanted): Promise<NamedFile[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  })
  const found = entries
    .filter((entry) => wanted(entry, join(dir, entry.name), inside))
    .map(async (entry): Promise<NamedFile[]> => {
      const [name, path] = [`${inside}${entry.name}`, join(dir, entry.name)]
      if (entry.isDirectory()) return filesIn(path, `${name}/`, wanted)
      return entry.isFile() || entry.isSymbolicLink() ? [{ name, path }] : []
    })
  return (await Promise.all(found)).flat()
}

/** Of names and contents, and of which of them are programs; not of times and owners, which a checkout gives anew. */
async function digestOf(files: readonly NamedFile[]): Promise<string> {
  const limit = pLimit(AT_ONCE)
  const lines = await Promise.all(
    files.map(({ name, path }) => limit(async () => `${await digestOfFile(path)} ${name}\n`)),
  )
  return sha256(lines.toSorted().join(''))
}

async function digestOfFile(path: string): Promise<string> {
  const found = whatIsAt(path)
  // A link to a folder, or to nowhere: what it says is all that there is to it.
  if (!found?.isFile()) return `link ${sha256(await readlink(path))}`
  // A promise takes five turns through threads for each file, which cost ten times what a small one is read for.
  const content = found.size > SMALL ? await readFile(path) : readFileSync(path)
  return `${(found.mode & 0o100) === 0 ? 'file' : 'program'} ${sha256(content)}`
}

function whatIsAt(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')
