import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'

/** What the program is given. */
export interface CommandLine {
  readonly words: readonly string[]
  readonly cwd: string
  /** All of its environment. */
  readonly env: NodeJS.ProcessEnv
}

export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What no program prints. */
const END = '\u0004the end of a command line\u0004'

/**
 * Carries out one command line after the other: the program's entry is evaluated each time, and all that it imports is there
 * already. It ends as the program does where that ends the process, by a fault for example.
 */
const LOOP = `
import { pathToFileURL } from 'node:url'
const [program, end] = process.argv.slice(1)
const url = pathToFileURL(program).href
for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(0)
let count = 0
process.on('disconnect', () => process.exit())
process.on('message', async ({ words, cwd, env }) => {
  process.chdir(cwd)
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, env)
  process.argv = [process.execPath, program, ...words]
  process.exitCode = undefined
  await import(url + '?' + count++)
  const status = Number(process.exitCode ?? 0)
  for (const stream of [process.stdout, process.stderr]) await new Promise((done) => stream.write(end, done))
  process.send(status)
})
`

/** Those that wait for their next command line. They end with the worker, whose files share them. */
const idle: ChildProcess[] = []

/** Has the program carry out a command line, by a process that has carried out others before, or will. */
export async function carriedOut(program: string, { words, cwd, env }: CommandLine): Promise<Ended> {
  const child = idle.pop() ?? started(program)
  const said = { stdout: heard(child.stdout), stderr: heard(child.stderr) }
  const over = new AbortController()
  const { signal } = over
  try {
    child.send({ words, cwd, env })
    const carried = Promise.all([once(child, 'message', { signal }), said.stdout.ended, said.stderr.ended])
    const status = await Promise.race([
      carried.then(([[value]]) => Number(value)),
      once(child, 'close', { signal }).then(() => child.exitCode),
    ])
    if (child.connected) idle.push(child)
    return { status, stdout: said.stdout.text(), stderr: said.stderr.text() }
  } finally {
    over.abort()
    for (const one of Object.values(said)) one.stop()
  }
}

function started(program: string): ChildProcess {
  const args = ['--input-type=module', '--eval', LOOP, program, END]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
}

/** What is printed up to the end of the command line. */
function heard(stream: Readable | null) {
  let text = ''
  let tell: () => void = () => undefined
  const ended = new Promise<void>((resolve) => (tell = resolve))
  const hear = (part: string) => {
    text += part
    if (!text.endsWith(END)) return
    text = text.slice(0, -END.length)
    tell()
  }
  stream?.setEncoding('utf8').on('data', hear)
  return { ended, text: () => text, stop: () => void stream?.off('data', hear) }
}
