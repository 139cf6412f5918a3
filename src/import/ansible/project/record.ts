import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../../../errors.ts'
import { isMapping } from './changes.ts'

/** What the last import wrote: what differs from it since then, a person changed. */
export interface ImportRecord {
  /** PATH as it was given, relative to the project. */
  readonly source: string
  readonly playbookDir?: string | undefined
  /** `web=webservers`. */
  readonly tiers: readonly string[]
  /** Data of each file, by path inside the inventory. */
  readonly files: Readonly<Record<string, unknown>>
}

export const RECORD_FILE = 'imported.json'

/** Undefined: the inventory was not made by an import. @throws InputError where it can't be read */
export async function readRecord(dir: string): Promise<ImportRecord | undefined> {
  const path = join(dir, RECORD_FILE)
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const data = parsed(text)
  if (isMapping(data) && typeof data.source === 'string' && Array.isArray(data.tiers) && isMapping(data.files)) {
    const { source, tiers, files, playbookDir } = data
    return {
      source,
      tiers: tiers.map(String),
      files,
      playbookDir: typeof playbookDir === 'string' ? playbookDir : undefined,
    }
  }
  throw new InputError([
    {
      message: `${path} is not what an import wrote`,
      hint: 'take it back from version control: it tells what you changed since',
    },
  ])
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const recordText = (record: ImportRecord): string => {
  const comment =
    "What 'provision import ansible' wrote. Keep it with the inventory: the next import tells your changes by it."
  return `${JSON.stringify({ comment, ...record }, undefined, 2)}\n`
}
