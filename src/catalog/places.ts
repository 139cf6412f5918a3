import { realpathSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Origin } from '../errors.ts'
import { packageRoot } from './package-root.ts'

/** Where in the project a stack was written down; undefined: nowhere in it. */
export type PlaceOf = (stack: string | undefined) => Origin | undefined

/** Frames as V8 prints them: `at name (file:line:col)`, or without a name. */
const FRAME = /^ +at (?:.*\()?((?:file:\/\/)?\/.*):(\d+):(\d+)\)?$/

/**
 * Finds the innermost line of a stack that is in the project and not in a package: that of a role, or of what it imports.
 * @param root absolute; loaders keep the lines of TypeScript, but not its columns
 */
export function placeFinder(root: string, own: string = packageRoot()): PlaceOf {
  // Loaders follow links.
  const roots = [...new Set([root, realpathSync(root)])]
  const foreign = [`${own}${sep}src${sep}`, `${own}${sep}dist${sep}`]
  const isMine = (file: string): boolean =>
    !file.includes(`${sep}node_modules${sep}`) && !foreign.some((folder) => file.startsWith(folder))
  return (stack = '') => {
    for (const line of stack.split('\n')) {
      const [, name, at] = FRAME.exec(line) ?? []
      const file = name?.startsWith('file://') ? fileURLToPath(name) : name
      const folder = file !== undefined && isMine(file) && roots.find((one) => file.startsWith(one + sep))
      if (folder) return { file: relative(folder, file), line: Number(at), col: 1 }
    }
    return undefined
  }
}
