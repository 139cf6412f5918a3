import { Readable } from 'node:stream'
import { format } from 'node:util'
import { vi } from 'vitest'
import { inOurWords } from '../../src/cli/habits.ts'
import { createProgram } from '../../src/cli/program.ts'

export interface Ran {
  readonly status: number
  readonly out: string
  readonly err: string
}

export interface Around {
  readonly cwd: string
  /** All of its environment. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** What is piped into it. */
  readonly input?: string | undefined
}

/**
 * What the program does with a command line, in this process, which has it loaded: as a process of its own it takes half a
 * second to load before it begins. For what starts programs on the terminal, and for what becomes of the process, there is
 * `program()`.
 */
export async function inProcess(
  words: readonly string[],
  { cwd, env, input = '' }: Around,
  carryOut: (words: readonly string[]) => Promise<unknown> = provision,
): Promise<Ran> {
  const said = { out: '', err: '' }
  const hear = (stream: keyof typeof said) => (text: string) => {
    said[stream] += text
  }
  const line =
    (stream: keyof typeof said) =>
    (...words: readonly unknown[]) =>
      hear(stream)(`${format(...words)}\n`)
  const was = { cwd: process.cwd(), env: process.env, argv: process.argv, exitCode: process.exitCode }
  const stdin = Object.getOwnPropertyDescriptor(process, 'stdin')
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(hearing(hear('out'))),
    vi.spyOn(process.stderr, 'write').mockImplementation(hearing(hear('err'))),
    // Vitest's console does not go there.
    vi.spyOn(console, 'log').mockImplementation(line('out')),
    vi.spyOn(console, 'error').mockImplementation(line('err')),
    vi.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Exit(Number(code ?? process.exitCode ?? 0))
    }),
  ]
  const stubbed = new Set([...Object.keys(was.env), ...Object.keys(env)])
  for (const name of stubbed) vi.stubEnv(name, env[name])
  Object.defineProperty(process, 'stdin', { value: Readable.from([Buffer.from(input)]), configurable: true })
  process.argv = [...was.argv.slice(0, 2), ...words]
  process.exitCode = undefined
  process.chdir(cwd)
  try {
    await carryOut(words)
    return { status: Number(process.exitCode ?? 0), ...said }
  } catch (error) {
    if (error instanceof Exit) return { status: error.status, ...said }
    throw error
  } finally {
    process.chdir(was.cwd)
    process.exitCode = was.exitCode
    process.argv = was.argv
    if (stdin) Object.defineProperty(process, 'stdin', stdin)
    vi.unstubAllEnvs()
    for (const spy of spies) spy.mockRestore()
  }
}

const provision = (words: readonly string[]) => createProgram().parseAsync(inOurWords(words), { from: 'user' })

/** Instead of a terminal, which tells that it has taken what was written. */
const hearing =
  (hear: (text: string) => unknown): typeof process.stdout.write =>
  (text, ...rest: readonly unknown[]) => {
    hear(typeof text === 'string' ? text : Buffer.from(text).toString())
    const done = rest.at(-1)
    if (typeof done === 'function') done()
    return true
  }

/** What stands in for the end of the process. */
class Exit extends Error {
  readonly status: number
  constructor(status: number) {
    super(`exit ${status}`)
    this.status = status
  }
}
