import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parse } from 'yaml'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BUILD = fileURLToPath(new URL('app/build.sh', import.meta.url))
const run = promisify(execFile)

/**
 * Builds the release that an inventory's group_vars/app.yml names.
 * @throws Error when what is built is not what is declared: the program was changed
 */
export async function ensureRelease(inventory: string): Promise<void> {
  const file = join(inventory, 'group_vars', 'app.yml')
  if (!existsSync(file)) return
  const { app_version: version, app_artifact: artifact } = parse(await readFile(file, 'utf8')) ?? {}
  if (typeof version !== 'string' || typeof artifact?.path !== 'string') return
  const sum = await buildRelease(version, join(ROOT, artifact.path))
  if (sum !== artifact.sha256) {
    throw new Error(`${file}: release ${version} has the SHA-256 ${sum}, not ${artifact.sha256}: put it there`)
  }
}

/** Builds a release of the lab's program. @returns its SHA-256 */
export async function buildRelease(version: string, path: string, flaw = ''): Promise<string> {
  const { stdout } = await run('sh', [BUILD, version, path, flaw])
  return stdout.trim()
}
