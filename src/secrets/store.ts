import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ProvisionError } from '../errors.ts'
import { creationRuleFor } from '../inventory/sops/creation-rules.ts'
import { newFile, type OpenFile, openFile } from '../inventory/sops/file.ts'
import type { Keyring } from '../inventory/sops/unlock.ts'
import type { Target } from './project.ts'

/** The file, opened; a new one, for whom .sops.yaml says, when it is not there. */
export async function openTarget({ path, file }: Target, keyring: Keyring): Promise<OpenFile & { isNew: boolean }> {
  const text = await textOf(path)
  if (text !== undefined) return { ...(await openFile(text, file, keyring)), isNew: false }
  return { ...(await newFile(file, await creationRuleFor(path))), isNew: true }
}

/** The file, opened. @throws ProvisionError (input) when it is not there */
export async function openPresent({ path, file }: Target, keyring: Keyring): Promise<OpenFile> {
  const text = await textOf(path)
  if (text !== undefined) return openFile(text, file, keyring)
  throw new ProvisionError(`there is no ${file}`, {
    code: 'input',
    hint: 'provision secrets show -i NAME names all encrypted vars of an inventory',
  })
}

/** Undefined when there is no such file. */
export async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Puts a file in the place of another at once, with its mode: a crash leaves the old one or the new one. */
export async function replaceFile(path: string, text: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const kept = await stat(path).then(
    (found) => found.mode & 0o777,
    () => mode,
  )
  const staged = `${path}.${randomBytes(4).toString('hex')}~`
  try {
    await writeFile(staged, text, { mode: kept, flag: 'wx' })
    // The umask had its say on the mode above.
    await chmod(staged, kept)
    await rename(staged, path)
  } finally {
    await rm(staged, { force: true })
  }
}
