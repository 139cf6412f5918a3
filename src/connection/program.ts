import type { Readable } from 'node:stream'
import { words } from '../shell/quote.ts'
import { signalStatus } from './ssh-exec.ts'
import type { Wire } from './transport.ts'

/** zx keeps what a program prints in these lists: here it goes on to who reads it, and nowhere else. */
const keepsNothing = () => {
  const none = () => {
    const list: string[] = []
    list.push = () => 0
    return list
  }
  return { stdout: none(), stderr: none(), stdall: none() }
}

/**
 * Runs a local program with zx, its input on standard input. Where there is none, that stays open until this process
 * ends.
 * @returns its exit status
 * @throws the reason of the wire's signal
 */
export async function runProgram(
  argv: readonly string[],
  input: string | Buffer | Readable,
  wire: Wire,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const { $ } = await import('zx/core')
  if (wire.signal.aborted) throw wire.signal.reason
  // zx starts bash and quotes for it; any POSIX shell will do, with the quoting of this project.
  const shell = $({
    shell: '/bin/sh',
    prefix: '',
    postfix: '',
    quote: (word) => word,
    quiet: true,
    nothrow: true,
    env,
    store: keepsNothing(),
  })
  const running = shell({ input, signal: wire.signal })`exec ${words(argv)}`
  // The program may end without reading all of its input.
  running.stdin.on('error', () => {})
  running.stdout.on('data', wire.stdout)
  running.stderr.on('data', wire.stderr)
  wire.sources?.(running.stdout, running.stderr)
  const ended = await running
  if (wire.signal.aborted) throw wire.signal.reason
  return ended.exitCode ?? signalStatus(ended.signal) ?? 255
}
