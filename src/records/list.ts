import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { nameOfInventory, parseName, type RecordName } from './names.ts'
import { type RecordOverview, readOverview } from './read.ts'

/** The records of a folder, newest first; each run once. An empty list where there is no such folder. */
export async function recordNames(folder: string, inventory?: string): Promise<RecordName[]> {
  const files = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  })
  const wanted = inventory === undefined ? undefined : nameOfInventory(inventory)
  const found = files
    .flatMap((file) => parseName(file) ?? [])
    .filter((one) => !one.isStaged && (wanted === undefined || one.inventory === wanted))
  // A run that died while it gave its record the final name has left both.
  const whole = new Set(found.flatMap(({ id, state }) => (state === 'whole' ? [id] : [])))
  return found
    .filter(({ id, state }) => state === 'whole' || !whole.has(id))
    .sort((a, b) => b.began - a.began || (a.file < b.file ? 1 : -1))
}

/** A record that could not be read, and why: mostly it is somebody else's. */
export interface Unreadable {
  readonly name: RecordName
  readonly why: string
}

/** Reads what a record amounts to. */
export async function overviewOf(folder: string, name: RecordName): Promise<RecordOverview | Unreadable> {
  try {
    const overview = await readOverview(join(folder, name.file), name.state === 'part')
    return overview ?? { name, why: 'it is no record of this version' }
  } catch (error) {
    return { name, why: error instanceof Error && 'code' in error ? String(error.code) : String(error) }
  }
}

export const isOverview = (one: RecordOverview | Unreadable): one is RecordOverview => 'head' in one
