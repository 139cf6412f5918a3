import { PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { Docker } from './container.ts'

/** What a command on a host answered. */
export interface ExecResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** What a command has as its status that could not be started, or that ended with its host. */
export const NOT_RUN = 255

/**
 * Runs a program inside a container. Over the engine's API: the command `docker` costs 25 ms of a processor each time,
 * and tests ask their hosts some thousand times.
 * @param stdin what it reads; nothing is an empty input
 */
export async function execInside(
  container: ReturnType<Docker['getContainer']>,
  argv: readonly string[],
  stdin: string,
): Promise<ExecResult> {
  try {
    const reads = stdin !== ''
    const exec = await container.exec({ Cmd: [...argv], AttachStdin: reads, AttachStdout: true, AttachStderr: true })
    const stream = await exec.start({ hijack: true, stdin: reads })
    const [stdout, stderr] = [collector(), collector()]
    container.modem.demuxStream(stream, stdout.sink, stderr.sink)
    // One that ended at once may have closed it already, and a write that nobody reads is an error.
    if (reads) stream.end(stdin)
    await finished(stream, { writable: false })
    return { code: (await exec.inspect()).ExitCode ?? NOT_RUN, stdout: stdout.text(), stderr: stderr.text() }
  } catch (error) {
    // Of a host without power; or one that lost it meanwhile.
    return { code: NOT_RUN, stdout: '', stderr: error instanceof Error ? error.message : String(error) }
  }
}

function collector(): { readonly sink: PassThrough; text(): string } {
  const parts: Buffer[] = []
  const sink = new PassThrough().on('data', (part: Buffer) => parts.push(part))
  return { sink, text: () => Buffer.concat(parts).toString('utf8') }
}
