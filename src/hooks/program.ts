import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** Characters of what a program prints that may be told. */
const TAIL = 2000
/** Milliseconds between the request to end and the end. */
const GRACE_MS = 1000

/**
 * Runs a program with the call on its standard input. It leads a group of its own, so that its children end with it.
 * @throws Error that says how it failed, with the last line that it printed
 */
export async function runProgram(
  [program = '', ...args]: readonly string[],
  { root, input, timeout }: { readonly root: string; readonly input: string; readonly timeout: number },
): Promise<void> {
  const path = program.includes('/') && !program.startsWith('/') ? join(root, program) : program
  const child = spawn(path, args, { cwd: root, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  let tail = ''
  const hear = (chunk: unknown) => {
    tail = `${tail}${String(chunk)}`.slice(-TAIL)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  // It need not read what it is told.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  let isLate = false
  const kill = (signal: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal)
    } catch {
      // All of it has ended.
    }
  }
  let grace: NodeJS.Timeout | undefined
  const limit = setTimeout(() => {
    isLate = true
    kill('SIGTERM')
    grace = setTimeout(kill, GRACE_MS, 'SIGKILL')
    // A child of it may hold the outputs open for ever.
    setTimeout(() => child.stdout.destroy(), GRACE_MS * 2).unref()
    setTimeout(() => child.stderr.destroy(), GRACE_MS * 2).unref()
  }, timeout * 1000)
  try {
    const how = await new Promise<string | undefined>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => resolve(code === 0 ? undefined : (signal ?? `exit status ${code}`)))
    })
    const last = tail.trim().split('\n').at(-1) ?? ''
    const detail = last === '' ? '' : `: ${last}`
    if (isLate) throw new Error(`it took longer than ${timeout} s${detail}`)
    if (how !== undefined) throw new Error(`${how}${detail}`)
  } finally {
    clearTimeout(limit)
    clearTimeout(grace)
  }
}
