import type { Host } from '../inventory/inventory.ts'
import { words } from '../shell/quote.ts'
import type { RawResult } from './become.ts'
import { collector } from './collect.ts'
import type { ExecOptions } from './connection.ts'
import { patience, signalStatus } from './ssh-exec.ts'

/**
 * Runs a local program with zx, its input on standard input.
 * @throws ProvisionError timeout, stopped.
 */
export async function runProgram(
  host: Host,
  argv: readonly string[],
  input: string,
  options: ExecOptions,
  env: NodeJS.ProcessEnv,
): Promise<RawResult> {
  const { $ } = await import('zx/core')
  const wait = patience(host, options)
  const stdout = collector(options.onStdout)
  const stderr = collector()
  try {
    if (wait.signal.aborted) throw wait.signal.reason
    // zx starts bash and quotes for it; any POSIX shell will do, with the quoting of this project.
    const shell = $({
      shell: '/bin/sh',
      prefix: '',
      postfix: '',
      quote: (word) => word,
      quiet: true,
      nothrow: true,
      env,
    })
    const running = shell({ input, signal: wait.signal })`exec ${words(argv)}`
    // The program may end without reading all of its input.
    running.stdin.on('error', () => {})
    running.stdout.on('data', stdout.push)
    running.stderr.on('data', stderr.push)
    const ended = await running
    if (wait.signal.aborted) throw wait.signal.reason
    return {
      status: ended.exitCode ?? signalStatus(ended.signal) ?? 255,
      stdout: stdout.text(),
      stderr: stderr.text(),
    }
  } finally {
    wait.done()
  }
}
