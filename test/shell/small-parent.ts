import { spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quote } from '../../src/shell/quote.ts'

export interface Command {
  readonly file: string
  readonly args: readonly string[]
  /** On standard input, through a pipe, as sshd gives it. At most MOST_INPUT bytes. */
  readonly input: string | Uint8Array
  readonly cwd: string
  /** All of its environment. */
  readonly env: Environment
}
type Environment = Readonly<Record<string, string | undefined>>

export interface Ended {
  /** 128 and its number, where a signal ended it. */
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Bytes that a pipe holds: more could only be written while somebody reads. */
export const MOST_INPUT = 65_536

/**
 * Starts commands one after the other, as `spawnSync` does, for a fraction of its price: who starts a process copies its
 * own page tables, and pays for each page that it writes to afterwards, and a test worker has hundreds of megabytes of
 * them. So one small shell is started for all of a worker, and it starts the others. It ends with the worker.
 * @returns runs one command and waits for its end, and for that of all that holds its output open
 */
export function smallParent(): (command: Command) => Ended {
  const dir = mkdtempSync(join(tmpdir(), 'small-parent-'))
  const at = (name: string) => join(dir, name)
  spawnSync('mkfifo', [at('asked'), at('ended'), at('in'), at('out')])
  const own = { ...process.env }
  spawn('dash', ['-c', LOOP, 'small-parent', dir], { stdio: 'ignore', cwd: '/' }).unref()
  // In the order in which the shell opens them: each waits for the other side.
  const asked = openSync(at('asked'), 'w')
  const ended = openSync(at('ended'), 'r')

  return ({ file, args, input, cwd, env }) => {
    const command = `exec ${[file, ...args].map(quote).join(' ')}`
    const lines = [`cd ${quote(cwd)}`, ...changesOf(own, env), command].join('\n')
    writeFileSync(at('command'), `(\n${lines}\n) <"$1/in" >"$1/out" 2>"$1/err" 3>&-\n`)
    writeSync(asked, '\n')
    give(at('in'), input)
    const stdout = taken(at('out'))
    const status = Buffer.alloc(16)
    const length = readSync(ended, status)
    if (length === 0) throw new Error('the shell that starts commands has ended')
    return { status: Number.parseInt(status.toString(), 10), stdout, stderr: readFileSync(at('err'), 'utf8') }
  }
}

/** `$1` is its folder. */
const LOOP = `
exec <"$1/asked" 3>"$1/ended"
while read -r _; do
  . "$1/command"
  echo "$?" >&3
done
rm -rf "$1"
`

/** What makes the environment of the small shell another. */
function changesOf(own: Environment, env: Environment): string[] {
  const names = [...new Set([...Object.keys(own), ...Object.keys(env)])].filter((name) => /^[A-Za-z_]\w*$/.test(name))
  return names.flatMap((name) => {
    const value = env[name]
    if (value === own[name]) return []
    return [value === undefined ? `unset ${name}` : `export ${name}=${quote(value)}`]
  })
}

function give(pipe: string, input: string | Uint8Array): void {
  const to = openSync(pipe, 'w')
  try {
    // All at once, as it fits.
    writeSync(to, typeof input === 'string' ? Buffer.from(input) : input)
  } catch (error) {
    // It ended before it had read everything.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error
  } finally {
    closeSync(to)
  }
}

function taken(pipe: string): string {
  const from = openSync(pipe, 'r')
  const text = readFileSync(from, 'utf8')
  closeSync(from)
  return text
}
