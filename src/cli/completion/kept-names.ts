import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { cacheFolder, replaceCached } from '../../cache/cache.ts'
import type { NamesInFile } from './names.ts'
import type { WrittenNames } from './written-names.ts'

/** Names of files, as they were found when the file was as old and as long as it is now. */
export interface KeptNames {
  readonly of: NamesInFile
  /** Writes down what was read anew. Never fails: without it the next Tab is slower. */
  keep(): Promise<void>
}

interface Kept extends WrittenNames {
  /** When the file was changed, and how long it is. */
  readonly stamp: string
}

const NONE: WrittenNames = { tiers: [], groups: [], hosts: [] }

/** To read thousands of hosts, and what it takes to read YAML, is what takes time at a Tab: it is done once for each state of a file. */
export function keptNames(folder: string = join(cacheFolder(), 'completion')): KeptNames {
  const fresh = new Map<string, Kept>()
  const placeOf = (file: string) =>
    join(folder, `${createHash('sha256').update(resolve(file)).digest('hex').slice(0, 16)}.json`)
  return {
    async of(file) {
      const stamp = await stampOf(file)
      if (stamp === undefined) return NONE
      const known = keptFrom(await readFile(placeOf(file), 'utf8').catch(() => ''))
      if (known?.stamp === stamp) return known
      const { writtenNames } = await import('./written-names.ts')
      const names = await writtenNames(file)
      fresh.set(placeOf(file), { ...names, stamp })
      return names
    },
    async keep() {
      await Promise.all(
        [...fresh].map(([place, kept]) => replaceCached(place, JSON.stringify(kept)).catch(() => undefined)),
      )
    },
  }
}

/** Files are replaced by editors and git within one tick of a coarse clock: the inode tells them apart. */
const stampOf = (file: string): Promise<string | undefined> =>
  stat(file).then(
    ({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`,
    () => undefined,
  )

function keptFrom(text: string): Kept | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isKept(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isKept = (value: unknown): value is Kept =>
  typeof value === 'object' &&
  value !== null &&
  'stamp' in value &&
  typeof value.stamp === 'string' &&
  'tiers' in value &&
  'groups' in value &&
  'hosts' in value &&
  [value.tiers, value.groups, value.hosts].every(
    (list) => Array.isArray(list) && list.every((name) => typeof name === 'string'),
  )
