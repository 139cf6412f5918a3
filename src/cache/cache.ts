import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** Folder of all that is only kept to be quicker: $XDG_CACHE_HOME (or ~/.cache)/provision. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env.XDG_CACHE_HOME
  // The XDG specification: a relative path is to be ignored.
  return join(base?.startsWith('/') ? base : join(homedir(), '.cache'), 'provision')
}

/**
 * Puts a whole file in the place of what is there: whoever reads it meanwhile gets the old text or the new one. Not forced to
 * disk: what is lost is found out again. Only the user can read it.
 */
export async function replaceCached(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const staged = `${file}.${randomBytes(4).toString('hex')}`
  try {
    await writeFile(staged, text, { mode: 0o600 })
    await rename(staged, file)
  } finally {
    await rm(staged, { force: true })
  }
}
