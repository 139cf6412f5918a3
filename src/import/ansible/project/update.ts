import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseDocument } from 'yaml'
import { InputError } from '../../../errors.ts'
import { replaceFile } from '../../../secrets/store.ts'
import { type Change, changesBetween, decide } from './changes.ts'
import { changedDocument, newDocument } from './document.ts'

/** What is to become of one file. */
export interface FileUpdate {
  /** Inside the inventory's folder. */
  readonly file: string
  readonly apply: readonly Change[]
  /** Changed by a person since the last import: left as it is. */
  readonly kept: readonly Change[]
  /** Its text then; undefined: it goes. */
  readonly text: string | undefined
}

/**
 * Sets what an import says against what the last one said and what is there now; nothing is written.
 * @param before data by file, of the last import; empty for a first one
 * @throws InputError where a file that is to be changed is no valid YAML
 */
export async function planUpdate(
  dir: string,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  comment: string,
): Promise<readonly FileUpdate[]> {
  const files = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const updates = await Promise.all(
    files.map(async (file): Promise<FileUpdate[]> => {
      const text = await readFile(join(dir, file), 'utf8').catch(() => undefined)
      const changes = changesBetween(before[file] ?? {}, after[file] ?? {})
      const { apply, kept } = decide(changes, text === undefined ? {} : dataOf(text, file))
      if (apply.length + kept.length === 0) return []
      if (text !== undefined)
        return [{ file, apply, kept, text: apply.length > 0 ? changedDocument(text, apply) : text }]
      return [{ file, apply, kept, text: apply.length === 0 ? undefined : newDocument(after[file], comment) }]
    }),
  )
  return updates.flat()
}

function dataOf(text: string, file: string): unknown {
  const doc = parseDocument(text, { prettyErrors: false })
  if (doc.errors.length === 0) return doc.toJS() ?? {}
  const message = 'not valid YAML: put it right, or take it back from version control, and import again'
  throw new InputError([{ message, origin: { file, line: 1, col: 1 } }])
}

/** Each file is put in the place of the old one at once: a crash leaves whole files, and the next import goes on. */
export async function writeUpdate(dir: string, updates: readonly FileUpdate[]): Promise<void> {
  for (const { file, apply, text } of updates) {
    if (apply.length === 0) continue
    if (text === undefined) await rm(join(dir, file), { force: true })
    else await replaceFile(join(dir, file), text)
  }
}
