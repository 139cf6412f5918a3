import { resolve } from 'node:path'
import { InputError } from '../../errors.ts'
import { inventoryLabel, inventoryNames } from '../../inventory/folders.ts'
import { readRecordsPolicy } from '../../inventory/records.ts'
import { recordsFolder } from '../../records/folder.ts'
import { isOverview, overviewOf, recordNames, type Unreadable } from '../../records/list.ts'
import type { RecordName } from '../../records/names.ts'
import type { RecordOverview } from '../../records/read.ts'

/** Whose records are meant. */
export interface RecordsOf {
  /** Folder of the project, absolute or relative to the current one. */
  readonly project: string
  /** Undefined: all of the project. */
  readonly inventory?: string | undefined
}

/** A record that is there. */
export interface FoundRecord {
  readonly folder: string
  readonly name: RecordName
}

/** Records that are wanted, and the folders where they were looked for. */
export interface FoundRecords {
  /** Newest first. */
  readonly records: readonly FoundRecord[]
  readonly folders: readonly string[]
  /** As records name the inventory; undefined: any. */
  readonly inventory: string | undefined
}

/**
 * Looks for records; no other file of an inventory need be in order.
 * @throws InputError where a folder can't be read
 */
export async function findRecords({ project, inventory }: RecordsOf): Promise<FoundRecords> {
  const root = resolve(project)
  const names = inventory === undefined ? await inventoryNames(root) : [inventory]
  const policies = await Promise.all(names.map((name) => readRecordsPolicy(root, name)))
  // Also where inventories were taken away since.
  const dirs = inventory === undefined ? [undefined, ...policies.map(({ dir }) => dir)] : policies.map(({ dir }) => dir)
  const folders = [...new Set(dirs.map((dir) => recordsFolder(root, dir).path))]
  const label = inventory === undefined ? undefined : inventoryLabel(root, inventory)
  const found = await Promise.all(
    folders.map(async (folder) => (await namesIn(folder, label)).map((name): FoundRecord => ({ folder, name }))),
  )
  const records = found.flat().sort((a, b) => b.name.began - a.name.began)
  return { records, folders, inventory: label }
}

async function namesIn(folder: string, inventory: string | undefined): Promise<RecordName[]> {
  try {
    return await recordNames(folder, inventory)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new InputError([{ message: `the records in ${folder} can't be read: ${why}` }])
  }
}

/** Records that are read at a time. */
const AT_ONCE = 16

/**
 * Reads records in their order until as many as are wanted fit.
 * @param fits undefined: it does not
 * @param most undefined: all
 */
export async function readRecords<T>(
  { records, inventory }: FoundRecords,
  fits: (one: RecordOverview) => T | undefined,
  most?: number,
): Promise<{ readonly fitting: readonly T[]; readonly unreadable: readonly Unreadable[] }> {
  const fitting: T[] = []
  const unreadable: Unreadable[] = []
  for (let at = 0; at < records.length && (most === undefined || fitting.length < most); at += AT_ONCE) {
    const read = await Promise.all(records.slice(at, at + AT_ONCE).map(({ folder, name }) => overviewOf(folder, name)))
    for (const one of read) {
      if (!isOverview(one)) unreadable.push(one)
      // Names of files are shortened: two inventories may have the same.
      else if (inventory === undefined || one.head.inventory === inventory) {
        const found = fits(one)
        if (found !== undefined && (most === undefined || fitting.length < most)) fitting.push(found)
      }
    }
  }
  return { fitting, unreadable }
}

/** `latest`, or how the name of a run begins. @throws InputError where that is none, or several */
export function namedRecord({ records, folders }: FoundRecords, run: string): FoundRecord {
  if (run === 'latest') {
    const [newest] = records
    if (newest) return newest
    throw new InputError([{ message: `there is no record of a run in ${folders.join(', ')}` }])
  }
  const [found, ...others] = records.filter(({ name }) => name.id.startsWith(run.toLowerCase()))
  if (found && others.length === 0) return found
  if (found) {
    const names = [found, ...others].map(({ name }) => name.id)
    throw new InputError([
      { message: `several runs begin with '${run}': ${names.slice(0, 5).join(', ')}`, hint: 'give more of its name' },
    ])
  }
  throw new InputError([
    {
      message: `there is no file '${run}', and no record of a run of that name in ${folders.join(', ')}`,
      hint: 'provision history lists them; latest is the newest one',
    },
  ])
}

/** How much of a run's name is shown. */
const SHORT = 8

export const shortName = (id: string): string => id.slice(0, SHORT)
