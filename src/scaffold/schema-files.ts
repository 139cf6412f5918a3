import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadRoles, projectRoles } from '../catalog/load-roles.ts'
import { InputError } from '../errors.ts'
import { replaceFile } from '../secrets/store.ts'
import { editorSchemas } from './editor-schemas.ts'

/**
 * The schemas of a project for editors, by path: the vars of its own roles are in them, beside those of the built-in ones.
 * @throws InputError when a role can't be loaded
 */
export async function schemaFiles(root: string): Promise<ReadonlyMap<string, string>> {
  const found = await projectRoles(root)
  const { roles, problems } = await loadRoles(root, found, [...found.keys()])
  if (problems.length > 0) throw new InputError(problems)
  return new Map([...editorSchemas(roles.values())].map(([name, text]) => [join('schema', name), text]))
}

/**
 * Those of the schemas that are missing or stale.
 * @throws InputError when a role can't be loaded
 */
export async function staleSchemas(root: string): Promise<ReadonlyMap<string, string>> {
  const files = await schemaFiles(root)
  const now = await Promise.all(
    [...files.keys()].map((file) => readFile(join(root, file), 'utf8').catch(() => undefined)),
  )
  return new Map([...files].filter(([, text], i) => now[i] !== text))
}

/** Brings the schemas up to date. @returns the files written */
export async function writeSchemas(root: string): Promise<string[]> {
  const stale = await staleSchemas(root)
  for (const [file, text] of stale) await replaceFile(join(root, file), text)
  return [...stale.keys()]
}
