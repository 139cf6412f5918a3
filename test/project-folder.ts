import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { InputError, type Problem } from '../src/errors.ts'

/** A project folder with these files, gone when the test ends. */
export function projectFolder(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'provision-test-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const [file, text] of Object.entries(files)) {
    const path = join(root, file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  return root
}

/** Problems as lines: `file:line:col message [path] {hosts} (hint)`. */
export function shown(problems: readonly Problem[], withHosts = false): string[] {
  return problems.map(({ origin, message, path, hint, hosts }) => {
    const where = origin ? `${origin.file}:${origin.line}:${origin.col} ` : ''
    const who = withHosts && hosts ? ` {${hosts.join(', ')}}` : ''
    return `${where}${message}${path === undefined ? '' : ` [${path}]`}${who}${hint === undefined ? '' : ` (${hint})`}`
  })
}

/** The problems that an action is refused with. */
export async function problemsOf(action: () => unknown, withHosts = false): Promise<string[]> {
  try {
    await action()
  } catch (error) {
    if (error instanceof InputError) return shown(error.problems, withHosts)
    throw error
  }
  return []
}
