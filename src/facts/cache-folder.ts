import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { cacheFolder } from '../cache/cache.ts'

/** Folder of cached facts. */
export const factsFolder = (env: NodeJS.ProcessEnv = process.env): string => join(cacheFolder(env), 'facts')

/** Of those of one inventory, known by its absolute folder. */
export const folderOf = (inventoryDir: string, folder: string): string =>
  join(folder, createHash('sha256').update(inventoryDir).digest('hex').slice(0, 16))

export const fileNameOf = (host: string): string => `${encodeURIComponent(host)}.json`
