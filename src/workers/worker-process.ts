import { spawn } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { excerpt } from '../shell/excerpt.ts'
import type { Carrier, Hearer } from './carrier.ts'
import { overStreams } from './over-streams.ts'

/** Milliseconds for a worker to close what is open. */
const CLOSE_MS = 3000
/** Milliseconds after its end for the last of what it said to arrive. */
const LAST_WORDS_MS = 500

/** How a worker is started: this very program, whether it was built or runs from its sources. */
export function workerCommand(): readonly string[] {
  const extension = extname(import.meta.url)
  const program = fileURLToPath(new URL(`../cli/cli${extension}`, import.meta.url))
  // A debugger listens on one port, which is taken.
  const options = process.execArgv.filter((option) => !option.startsWith('--inspect'))
  return [
    process.execPath,
    ...options,
    ...(extension === '.ts' ? ['--import', import.meta.resolve('jiti/register')] : []),
    program,
    'worker',
  ]
}

/**
 * Starts a worker, spoken to over its standard input and output. It ends when this process does, however that ends: then its
 * input does. It is no part of this process's group, or Ctrl-C at the terminal would end it before this process has decided
 * what that is to mean.
 */
export function workerProcess(command: readonly string[] = workerCommand()): Carrier {
  const [program = process.execPath, ...argv] = command
  const child = spawn(program, argv, { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  const complaint = excerpt()
  let hearer: Hearer | undefined
  let ended: string | undefined
  let onGone = () => {}
  const gone = new Promise<void>((resolve) => {
    onGone = resolve
  })
  const over = (why: string) => {
    if (ended !== undefined) return
    ended = why
    onGone()
    hearer?.end(why)
  }
  const cut = (why: string) => {
    over(why)
    child.kill('SIGKILL')
  }
  const broken = (why: string) => cut(`said what makes no sense: ${why}`)
  const streams = overStreams({ input: child.stdout, output: child.stdin, broken })
  child.stderr.setEncoding('utf8').on('data', (part: string) => complaint.push(part))
  const last = () => {
    const said = complaint.text().trim().split('\n')
    return said.findLast((line) => /error/i.test(line)) ?? said.at(-1) ?? ''
  }
  const describe = (status: number | null, signal: NodeJS.Signals | null): string => {
    const how = signal === null ? `ended with status ${status}` : `was ended by ${signal}`
    return last() === '' ? how : `${how}: ${last()}`
  }
  child.on('error', (error) => over(`could not be started: ${error.message}`))
  child.on('exit', (status, signal) => {
    setTimeout(() => over(describe(status, signal)), LAST_WORDS_MS).unref()
  })
  child.on('close', (status, signal) => over(describe(status, signal)))
  return {
    send: (message) => {
      if (ended === undefined) streams.send(message)
    },
    hear(one) {
      hearer = one
      streams.hear(one)
      // Not before who hears it is ready for it.
      if (ended !== undefined) queueMicrotask(() => one.end(ended ?? ''))
    },
    async end() {
      child.stdin.end()
      const late = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS)
      await gone
      clearTimeout(late)
    },
    cut,
  }
}
