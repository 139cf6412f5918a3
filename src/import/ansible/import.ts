import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { findRoles, loadRoles } from '../../catalog/load-roles.ts'
import { InputError } from '../../errors.ts'
import { inventoryFolder } from '../../inventory/folders.ts'
import { replaceFile } from '../../secrets/store.ts'
import { roleVarsCatalog } from './project/catalog.ts'
import { newDocument, plainData } from './project/document.ts'
import { type ImportRecord, RECORD_FILE, readRecord, recordText } from './project/record.ts'
import { FIRST_ROLES, newSite, readSite, SITE_COMMENT, type Site, unknownTiers } from './project/site.ts'
import { type FileUpdate, planUpdate, writeUpdate } from './project/update.ts'
import type { ReadAnsible } from './read/read.ts'
import { tierRules } from './translate/tiers.ts'
import { type Translated, translate } from './translate/translate.ts'

export interface ImportTarget {
  /** Folder of the project, absolute; it need not be there yet. */
  readonly root: string
  /** Name of the inventory here, or a path. */
  readonly name: string
}

/** What an inventory was made from, as far as it was imported before. */
export interface Before extends ImportTarget {
  /** Folder of the inventory, absolute. */
  readonly dir: string
  readonly record: ImportRecord | undefined
  readonly site: Site
}

/** @throws InputError where an inventory of that name is there that no import has made */
export async function lookBefore({ root, name }: ImportTarget): Promise<Before> {
  const dir = inventoryFolder(root, name)
  const isThere = existsSync(join(dir, 'hosts.yml'))
  // Of an inventory that somebody took away, nothing is left to be kept.
  const record = isThere ? await readRecord(dir) : undefined
  if (record === undefined && isThere) {
    const hint = 'give the import a name of its own: -i NAME'
    throw new InputError([{ message: `${relative(process.cwd(), dir)} is there, and no import made it`, hint }])
  }
  return { root, name, dir, record, site: await readSite(root, dir) }
}

export interface PlannedImport extends Translated {
  readonly before: Before
  readonly updates: readonly FileUpdate[]
  /** Files that are made or changed, relative to the project. */
  readonly files: readonly string[]
  readonly record: ImportRecord
}

export interface ImportRequest {
  readonly before: Before
  readonly read: ReadAnsible
  /** PATH, as it was given. */
  readonly path: string
  readonly playbookDir?: string | undefined
  /** `web=webservers`. */
  readonly tiers: readonly string[]
}

/**
 * Says what an import would write; nothing is written.
 * @throws InputError for tiers that are not to be had so
 */
export async function planImport({ before, read, path, playbookDir, tiers }: ImportRequest): Promise<PlannedImport> {
  const { root, name, dir, site, record } = before
  const { rules, problems } = tierRules(tiers)
  const names = [...new Set(rules.map(({ tier }) => tier))]
  const found = await findRoles(root)
  const loaded = await loadRoles(existsSync(root) ? root : process.cwd(), found, [...found.keys()])
  const inSite = site.isNew ? FIRST_ROLES : [...site.tiers.values()].flat()
  const translated = translate(read, {
    rules,
    catalog: roleVarsCatalog(loaded.roles, new Set(inSite)),
    name,
    paths: { cwd: process.cwd(), out: dir },
  })
  const wrong = [...problems, ...unknownTiers(site, names, relative(root, dir)), ...translated.problems]
  if (wrong.length > 0) throw new InputError(wrong)
  const data = filesOf(translated)
  const shown = relative(root, resolve(path)) || '.'
  const comment = `Imported from ${shown}. Change it as you like: another import keeps what you changed, and says so.`
  const updates = await planUpdate(dir, record?.files ?? {}, data, comment)
  const changed = updates.filter(({ apply }) => apply.length > 0).map(({ file }) => relative(root, join(dir, file)))
  return {
    ...translated,
    before,
    updates,
    files: [...(site.isNew ? [site.file] : []), ...changed],
    record: {
      source: shown,
      ...(playbookDir === undefined ? {} : { playbookDir: relative(root, resolve(playbookDir)) || '.' }),
      tiers,
      files: Object.fromEntries(Object.entries(data).map(([file, one]) => [file, plainData(one)])),
    },
  }
}

const filesOf = ({ hostsFile, vars }: Translated): Record<string, unknown> => ({
  'hosts.yml': hostsFile,
  ...Object.fromEntries(
    [...vars].sort(([a], [b]) => (a < b ? -1 : 1)).map(([file, one]) => [`${file}.yml`, Object.fromEntries(one)]),
  ),
})

/** Writes what was planned. The record comes last: cut off before, the next import does the rest. */
export async function writeImport({ before, updates, tiers, record }: PlannedImport): Promise<void> {
  const { root, dir, site } = before
  if (site.isNew) await replaceFile(join(root, site.file), newDocument(newSite(tiers), SITE_COMMENT))
  await writeUpdate(dir, updates)
  await replaceFile(join(dir, RECORD_FILE), recordText(record))
}
