import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { create, type WriteEntry } from 'tar'
import { MAX_BYTES } from '../artifacts/artifact-files.ts'
import { ProvisionError } from '../errors.ts'

export interface BuildInput {
  /** Folder whose content is the release's tree. */
  readonly folder: string
  /** The archive: a path that ends in .tar.gz. */
  readonly out: string
}

export interface Built {
  /** As it was asked for. */
  readonly path: string
  /** 64 lower-case hex digits. */
  readonly sha256: string
  readonly bytes: number
  readonly files: number
}

/** Of version control: no part of what runs. */
const LEFT_OUT = ['.git', '.hg', '.svn']

/**
 * Packs a release. The same tree gives the same bytes, whoever packs it and when: names are in order, times and owners are
 * not kept, modes as far as they say whether a file may be executed.
 * @throws ProvisionError (input) for a folder with nothing in it, and for a release that is too large to be sent
 */
export async function buildRelease({ folder, out }: BuildInput): Promise<Built> {
  const root = resolve(folder)
  const target = resolve(out)
  const files = (await filesIn(root)).filter((path) => resolve(root, path) !== target)
  if (files.length === 0) {
    throw new ProvisionError(`there is nothing in ${folder}`, {
      code: 'input',
      hint: 'name the folder with what is to run',
    })
  }
  await mkdir(dirname(target), { recursive: true })
  const staged = `${target}~`
  try {
    await create(
      {
        cwd: root,
        file: staged,
        gzip: { level: 9 },
        portable: true,
        mtime: new Date(0),
        noDirRecurse: true,
        onWriteEntry,
      },
      files.map((path) => `./${path}`),
    )
    const content = await readFile(staged)
    if (content.length > MAX_BYTES) throw tooLarge(content.length)
    await rename(staged, target)
    return { path: out, sha256: sha256(content), bytes: content.length, files: files.length }
  } finally {
    await rm(staged, { force: true })
  }
}

/** Whoever checked the tree out had an umask of their own. */
const onWriteEntry = ({ stat }: WriteEntry): void => {
  if (stat?.isFile()) stat.mode = (stat.mode & ~0o7777) | (stat.mode & 0o100 ? 0o755 : 0o644)
}

export const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

const MIB = 1024 * 1024
const tooLarge = (bytes: number): ProvisionError =>
  new ProvisionError(`the release has ${Math.ceil(bytes / MIB)} MiB, and at most ${MAX_BYTES / MIB} can be sent`, {
    code: 'input',
    hint: 'leave out what the host gets otherwise (packages: app_packages), or offer it as a Debian package',
  })

/** Files and links below a folder, relative to it, in the order of their bytes. */
async function filesIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !path.split('/').some((part) => LEFT_OUT.includes(part)))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}
