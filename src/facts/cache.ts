import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceCached } from '../cache/cache.ts'
import { factsFolder, fileNameOf, folderOf } from './cache-folder.ts'
import type { Facts } from './facts.ts'

export interface FactsCache {
  /** What was last known of a host; undefined when nothing usable is there. */
  read(host: string): Promise<Facts | undefined>
  /** Remembers facts; writes only when they changed. Never fails: without a cache a run only asks twice. */
  write(host: string, facts: Facts): Promise<void>
}

/** The cached facts of one inventory, known by its absolute folder. */
export function factsCache(inventoryDir: string, folder: string = factsFolder()): FactsCache {
  const dir = folderOf(inventoryDir, folder)
  const fileOf = (host: string) => join(dir, fileNameOf(host))
  return {
    read: async (host) => factsFrom(await textOf(fileOf(host))),
    async write(host, facts) {
      const text = `${JSON.stringify(facts)}\n`
      if ((await textOf(fileOf(host))) === text) return
      await replaceCached(fileOf(host), text).catch(() => undefined)
    },
  }
}

const textOf = (file: string): Promise<string | undefined> => readFile(file, 'utf8').catch(() => undefined)

function factsFrom(text: string | undefined): Facts | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isFacts(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Of this version's shape: whatever else is in the file counts as nothing. */
function isFacts(value: unknown): value is Facts {
  if (!isRecord(value) || !isRecord(value.os) || !isRecord(value.addresses)) return false
  return (
    hasAll(value.os, ['id', 'versionId', 'codename'], 'string') &&
    hasAll(value, ['arch', 'hostname', 'virtualization', 'defaultInterface'], 'string') &&
    hasAll(value, ['cpus', 'memoryMiB', 'openFiles', 'systemd'], 'number') &&
    Object.values(value.addresses).every(
      (list) => Array.isArray(list) && list.every((address) => typeof address === 'string'),
    )
  )
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const hasAll = (value: Readonly<Record<string, unknown>>, names: readonly string[], type: string): boolean =>
  names.every((name) => typeof value[name] === type)
