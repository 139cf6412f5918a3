import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { RecordsPolicy } from './folder.ts'
import { type FoundName, parseName } from './names.ts'
import { readHead, stateOf } from './read.ts'

const DAY_MS = 86_400_000

/** Files of records that are too many, or too old: of each inventory the newest stay, of runs and of dry runs. */
export function surplus(found: readonly FoundName[], { keep, days }: RecordsPolicy, now: number): FoundName[] {
  const counts = new Map<string, number>()
  const newestFirst = [...found].sort((a, b) => b.began - a.began)
  return newestFirst.filter(({ inventory, check, began, isStaged }) => {
    // Somebody died over it, or is at it this moment.
    if (isStaged) return true
    const of = `${inventory} ${check}`
    const count = (counts.get(of) ?? 0) + 1
    counts.set(of, count)
    return count > keep || now - began > days * DAY_MS
  })
}

/**
 * Removes the records that the policy does not keep. What is being written stays; what may not be removed, for it is
 * somebody else's, stays too. Never throws.
 */
export async function prune(folder: string, policy: RecordsPolicy, now = Date.now()): Promise<void> {
  const files = await readdir(folder).catch(() => [])
  const names = files.flatMap((file) => parseName(file) ?? [])
  for (const name of surplus(names, policy, now)) {
    const path = join(folder, name.file)
    try {
      if (name.isStaged ? now - (await stat(path)).mtimeMs < DAY_MS : name.state === 'part' && (await isAtWork(path)))
        continue
      await rm(path, { force: true })
    } catch {
      // Another run was quicker, or it is not ours to remove.
    }
  }
}

const isAtWork = async (path: string): Promise<boolean> => (await stateOf(path, await readHead(path))) === 'running'
