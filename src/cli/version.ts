import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../catalog/package-root.ts'

/** Of provision's own package.json. */
export function version(): string {
  return /"version": "([^"]+)"/.exec(readFileSync(join(packageRoot(), 'package.json'), 'utf8'))?.[1] ?? 'unknown'
}
