import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Folder of all that is only kept to be quicker: $XDG_CACHE_HOME (or ~/.cache)/provision. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env.XDG_CACHE_HOME
  // The XDG specification: a relative path is to be ignored.
  return join(base?.startsWith('/') ? base : join(homedir(), '.cache'), 'provision')
}

/** Of cached facts. */
export const factsFolder = (env: NodeJS.ProcessEnv = process.env): string => join(cacheFolder(env), 'facts')

/** Of those of one inventory, known by its absolute folder. */
export const folderOf = (inventoryDir: string, folder: string): string =>
  join(folder, createHash('sha256').update(inventoryDir).digest('hex').slice(0, 16))

export const fileNameOf = (host: string): string => `${encodeURIComponent(host)}.json`
