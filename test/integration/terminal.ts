import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { emulator } from '../render/screen.ts'
import { CLI } from './provision.ts'

export interface OnTerminal {
  readonly cwd: string
  readonly args: readonly string[]
  readonly columns: number
  readonly rows: number
  /** In order: when this text has come, that is typed. */
  readonly answers: readonly (readonly [text: string, typed: string])[]
  readonly env?: NodeJS.ProcessEnv
  /** What is started, with what comes before `args`; default: the program of this checkout. */
  readonly program?: readonly string[]
}

export interface Shown {
  readonly status: number | null
  /** All that was written. */
  readonly shown: string
  /** What stands on the screen at the end, and what went off it. */
  readonly left: string
}

/** The built program on a terminal: `script` gives it one, and passes on what is typed. */
export async function onTerminal({
  cwd,
  args,
  columns,
  rows,
  answers,
  env: more,
  program = [process.execPath, CLI],
}: OnTerminal): Promise<Shown> {
  const words = [...program, ...args].map((word) => `'${word}'`).join(' ')
  const command = `stty cols ${columns} rows ${rows}; ${words}`
  const env = {
    ...process.env,
    XDG_CACHE_HOME: `${cwd}/cache`,
    XDG_STATE_HOME: `${cwd}/state`,
    NO_COLOR: '1',
    CI: '',
    TERM: 'xterm',
    ...more,
  }
  const child = spawn('script', ['-qefc', command, '/dev/null'], { cwd, env, stdio: ['pipe', 'pipe', 'inherit'] })
  const open = [...answers]
  let shown = ''
  let seen = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
    for (let next = open[0]; next !== undefined; next = open[0]) {
      const at = shown.indexOf(next[0], seen)
      if (at === -1) return
      seen = at + next[0].length
      open.shift()
      child.stdin.write(next[1])
    }
  })
  const [status] = await once(child, 'close')
  const terminal = emulator(columns, rows)
  await terminal.write(shown)
  return { status, shown, left: terminal.screen() }
}
