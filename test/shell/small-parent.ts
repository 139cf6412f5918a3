import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quote } from '../../src/shell/quote.ts'

export interface Command {
  readonly file: string
  readonly args: readonly string[]
  /** On standard input, through a pipe, as sshd gives it. */
  readonly input: string | Uint8Array
  readonly cwd: string
  /** All of its environment. */
  readonly env: Environment
}
type Environment = Readonly<Record<string, string | undefined>>

export interface SmallParent {
  /** A named pipe of its folder, or a file to be. */
  at(name: string): string
  makePipes(names: readonly string[]): void
  /** Has it run these lines of sh, in which `$1` is its folder; it goes on with them when this returns. */
  tell(lines: string): void
  /** Waits for the end of what it was told. @returns its status */
  heard(): number
  /** Lines of sh that become the command, in a subshell. */
  lines(command: Omit<Command, 'input'>): string
}

/**
 * Who starts a process copies its own page tables, and pays for each page that it writes to afterwards, and a test worker
 * has hundreds of megabytes of them. So one small shell is started for all of a worker, and it starts the others. It ends
 * with the worker.
 */
export function smallParent(): SmallParent {
  parent ??= started()
  return parent
}

/** Of all files of a worker. */
let parent: SmallParent | undefined

function started(): SmallParent {
  const dir = mkdtempSync(join(tmpdir(), 'small-parent-'))
  const at = (name: string) => join(dir, name)
  spawnSync('mkfifo', [at('asked'), at('done')])
  const own = { ...process.env }
  spawn('dash', ['-c', LOOP, 'small-parent', dir], { stdio: 'ignore', cwd: '/' }).unref()
  // In the order in which the shell opens them: each waits for the other side.
  const asked = openSync(at('asked'), 'w')
  const done = openSync(at('done'), 'r')
  const tell = (lines: string) => {
    writeFileSync(at('command'), lines)
    writeSync(asked, '\n')
  }
  const heard = () => {
    const status = Buffer.alloc(16)
    if (readSync(done, status) === 0) throw new Error('the shell that starts commands has ended')
    return Number.parseInt(status.toString(), 10)
  }
  return {
    at,
    makePipes(names) {
      tell(`mkfifo ${names.map((name) => quote(at(name))).join(' ')}\n`)
      if (heard() !== 0) throw new Error(`no pipes in ${dir}`)
    },
    tell,
    heard,
    lines: ({ file, args, cwd, env }) =>
      [`cd ${quote(cwd)}`, ...changesOf(own, env), `exec ${[file, ...args].map(quote).join(' ')}`].join('\n'),
  }
}

/** `$1` is its folder. */
const LOOP = `
exec <"$1/asked" 3>"$1/done"
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
