import { readdir } from 'node:fs/promises'
import { factsFolder, folderOf } from './cache-folder.ts'

/** Names of hosts of an inventory that a run has met, whether they are still in it or not. */
export async function seenHosts(inventoryDir: string, folder: string = factsFolder()): Promise<string[]> {
  const files = await readdir(folderOf(inventoryDir, folder)).catch(() => [])
  return files.flatMap((file) => (file.endsWith('.json') ? [decodeURIComponent(file.slice(0, -5))] : [])).sort()
}
