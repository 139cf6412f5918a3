import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface ProgramLimits {
  /** Milliseconds until it must be done. */
  readonly timeout: number
  /** Bytes that it may print. */
  readonly size: number
}

export interface ProgramAnswer {
  readonly stdout: string
  /** What went wrong, in words. */
  readonly failure?: string | undefined
  /** The end of what it said on standard error. */
  readonly complaint: string
}

const LAST_LINES = 20

/**
 * Runs a program of the project, with nothing on its standard input.
 * @param say is given what it prints on standard error, as it comes
 */
export async function runProgram(
  file: string,
  args: readonly string[],
  cwd: string,
  limits: ProgramLimits,
  say: (text: string) => void,
): Promise<ProgramAnswer> {
  const child = spawn(file, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const printed: Buffer[] = []
  let size = 0
  let complaint = ''
  let failure: string | undefined
  const end = (reason: string): void => {
    failure ??= reason
    child.kill('SIGKILL')
    // What it started may hold them open.
    child.stdout.destroy()
    child.stderr.destroy()
  }
  const timer = setTimeout(() => end(`it was not done after ${limits.timeout / 1000} s`), limits.timeout)
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > limits.size) end(`it printed more than ${limits.size / 1024 / 1024} MiB`)
    else printed.push(chunk)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    say(text)
    complaint = `${complaint}${text}`.slice(-10_000)
  })
  try {
    const [status, signal]: unknown[] = await once(child, 'close')
    failure ??= signal
      ? `it was ended by ${String(signal)}`
      : status === 0
        ? undefined
        : `exit status ${String(status)}`
  } catch (error) {
    failure ??= notStarted(error)
  } finally {
    clearTimeout(timer)
  }
  const lines = complaint.trimEnd().split('\n').slice(-LAST_LINES)
  return { stdout: Buffer.concat(printed).toString('utf8'), failure, complaint: lines.join('\n') }
}

const notStarted = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return "it can't be started: the program of its first line (#!) is not there"
  if (code === 'ENOEXEC') return "it can't be started: it has no first line that names a program, such as #!/bin/sh"
  return `it can't be started: ${error instanceof Error ? error.message : String(error)}`
}
