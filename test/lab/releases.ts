import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parse } from 'yaml'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BUILD = fileURLToPath(new URL('app/build.sh', import.meta.url))
const run = promisify(execFile)

/**
 * Builds the releases that an inventory's group_vars name.
 * @throws Error when what is built is not what is declared: the program was changed
 */
export async function ensureReleases(inventory: string): Promise<void> {
  const folder = join(inventory, 'group_vars')
  const names = existsSync(folder) ? await readdir(folder) : []
  for (const name of names.filter((one) => one.endsWith('.yml'))) await ensureRelease(join(folder, name))
}

async function ensureRelease(file: string): Promise<void> {
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
