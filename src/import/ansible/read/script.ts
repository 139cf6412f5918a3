import { execFile } from 'node:child_process'
import { ProvisionError } from '../../../errors.ts'

const LIMIT_SECONDS = 60
const LIMIT_BYTES = 64 * 1024 * 1024

/**
 * Runs a dynamic inventory, as Ansible does: in the folder that provision was called in, with its environment.
 * @throws ProvisionError with the last lines of what it said on standard error
 */
export function runScript(path: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: LIMIT_SECONDS * 1000, maxBuffer: LIMIT_BYTES, killSignal: 'SIGKILL' as const }
    const child = execFile(path, args, options, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout)
        return
      }
      const tail = stderr.trimEnd().split('\n').slice(-5).join('\n  ')
      reject(
        new ProvisionError(`${path} ${args.join(' ')}: ${reasonOf(error)}${tail === '' ? '' : `\n  ${tail}`}`, {
          code: 'input',
          hint: 'run it by hand with --list, save what it prints, and import that file',
          cause: error,
        }),
      )
    })
    child.stdin?.end()
  })
}

function reasonOf(error: Error & { readonly code?: unknown; readonly killed?: boolean }): string {
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `it printed more than ${LIMIT_BYTES / 1024 / 1024} MiB`
  if (error.killed === true) return `it took longer than ${LIMIT_SECONDS} s`
  if (typeof error.code === 'number') return `it ended with exit status ${error.code}`
  return `it can't be run (${String(error.code)})`
}
