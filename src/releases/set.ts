import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, join, relative, resolve, sep } from 'node:path'
import { type Document, isMap, parseDocument } from 'yaml'
import { ProvisionError } from '../errors.ts'
import { inventoryFolder } from '../inventory/folders.ts'
import { sha256 } from './build.ts'

export interface SetReleaseInput {
  /** Folder of the project. */
  readonly root: string
  readonly inventory: string
  /** The archive, from where the command was called. */
  readonly archive: string
  /** Default: what stands before `.tar.gz` in its name, after the last `-` that a digit follows. */
  readonly version?: string | undefined
  /** `group_vars/app`; default: the one file of the inventory that sets app_version. */
  readonly file?: string | undefined
}

export interface ReleaseSet {
  /** Relative to the project. */
  readonly file: string
  readonly version: string
  readonly sha256: string
  /** What was declared before. */
  readonly before: string | undefined
}

/**
 * Declares a release: sets app_version and app_artifact in a file of vars, whose comments and order stay.
 * @throws ProvisionError (input) when it is not clear which file or version is meant, or the file can't be read
 */
export async function setRelease(input: SetReleaseInput): Promise<ReleaseSet> {
  const { root, archive } = input
  const content = await readFile(archive).catch(() => {
    throw wrong(`${archive} can't be read`, 'provision release build FOLDER --version VERSION makes one')
  })
  const version = input.version ?? versionIn(archive)
  if (version === undefined) {
    throw wrong(`which version ${archive} has can't be told from its name`, 'say it with --version')
  }
  const path = await fileOf(input)
  const doc = parseDocument(await readFile(path, 'utf8'), { stringKeys: true })
  const [error] = doc.errors
  if (error) throw wrong(`${relative(root, path)}: ${error.message}`)
  if (doc.contents !== null && !isMap(doc.contents)) throw wrong(`${relative(root, path)} is no mapping`)
  const before = doc.get('app_version')
  const sum = sha256(content)
  doc.set('app_version', version)
  doc.setIn(['app_artifact', 'path'], pathIn(doc, relative(root, resolve(archive)), version))
  doc.setIn(['app_artifact', 'sha256'], sum)
  // Whole, or as it was.
  await writeFile(`${path}~`, doc.toString({ lineWidth: 0 }))
  await rename(`${path}~`, path)
  const was = before === undefined ? undefined : String(before)
  return { file: relative(root, path), version, sha256: sum, before: was }
}

/** `dist/shop-1.4.2.tar.gz` → `1.4.2` */
export function versionIn(archive: string): string | undefined {
  return /-(\d[A-Za-z0-9._-]*)\.(?:tar\.gz|tgz)$/.exec(basename(archive))?.[1]
}

/** A path that has `{version}` in it already, and means this archive, stays as it is. */
function pathIn(doc: Document, archive: string, version: string): string {
  const written = doc.getIn(['app_artifact', 'path'])
  const means = typeof written === 'string' && written.replaceAll('{version}', version) === archive
  return means ? written : archive.split(sep).join('/')
}

async function fileOf({ root, inventory, file }: SetReleaseInput): Promise<string> {
  const folder = inventoryFolder(root, inventory)
  if (file !== undefined) return join(folder, file.endsWith('.yml') ? file : `${file}.yml`)
  const found = await filesThatSet(folder)
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  if (only === undefined)
    throw wrong(`no file of the inventory ${inventory} sets app_version`, 'name one with --file group_vars/app')
  const names = found.map((path) => relative(folder, path).replace(/\.yml$/, ''))
  throw wrong(`several files set app_version: ${names.join(', ')}`, `name one with --file ${names[0]}`)
}

async function filesThatSet(folder: string): Promise<string[]> {
  const all = await Promise.all(
    ['group_vars', 'host_vars'].map(async (kind) => {
      const names = await readdir(join(folder, kind)).catch(() => [])
      return names
        .filter((name) => name.endsWith('.yml') && !name.endsWith('.sops.yml'))
        .map((name) => join(folder, kind, name))
    }),
  )
  const texts = await Promise.all(all.flat().map(async (path) => ({ path, text: await readFile(path, 'utf8') })))
  return texts.filter(({ text }) => /^app_version\s*:/m.test(text)).map(({ path }) => path)
}

const wrong = (message: string, hint?: string): ProvisionError => new ProvisionError(message, { code: 'input', hint })
