import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Folder of provision's own package; the code is in it, or in its dist/. */
export function packageRoot(): string {
  const up = (dir: string): string => (existsSync(join(dir, 'package.json')) ? dir : up(dirname(dir)))
  return up(dirname(fileURLToPath(import.meta.url)))
}

/** The built-in roles: compiled ones beside compiled code, sources beside sources. */
export function builtinRoles(): string {
  return fileURLToPath(new URL('../../roles', import.meta.url))
}
