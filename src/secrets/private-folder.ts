import { access, constants, mkdtemp, readdir, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** From linux/magic.h: file systems that are never written to a disk (but for swap). */
const IN_MEMORY = new Set([0x01021994, 0x858458f6])

export interface PrivateFolder {
  readonly dir: string
  /** It lives in memory and not on a disk. */
  readonly inMemory: boolean
  /** Overwrites every file in it, an editor's backups too, and removes it. */
  wipe(): Promise<void>
}

/** A folder for the user alone (0700), in memory where the machine has such a place. */
export async function privateFolder(candidates = [process.env.XDG_RUNTIME_DIR, '/dev/shm']): Promise<PrivateFolder> {
  const inMemory = await firstInMemory(candidates)
  const dir = await mkdtemp(join(inMemory ?? tmpdir(), 'provision-'))
  return { dir, inMemory: inMemory !== undefined, wipe: () => wipe(dir) }
}

async function firstInMemory(candidates: readonly (string | undefined)[]): Promise<string | undefined> {
  for (const dir of candidates) {
    if (dir === undefined || dir === '') continue
    const isUsable = await Promise.all([statfs(dir), access(dir, constants.W_OK)]).then(
      ([{ type }]) => IN_MEMORY.has(type),
      () => false,
    )
    if (isUsable) return dir
  }
  return undefined
}

async function wipe(dir: string): Promise<void> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  // Best effort: on a disk that remaps its blocks nothing more can be done, and removing must not wait for it.
  await Promise.all(files.map((file) => overwrite(file).catch(() => undefined)))
  await rm(dir, { recursive: true, force: true })
}

async function overwrite(file: string): Promise<void> {
  const { size } = await stat(file)
  await writeFile(file, Buffer.alloc(size), { flag: 'r+' })
}
