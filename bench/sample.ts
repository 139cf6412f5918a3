import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** What a process took, as usage.mjs leaves it. */
interface Usage {
  /** User and system time of the program itself: the hosts' time is not in it. */
  readonly cpuMs: number
  /** The same of the processes that it started, all of which ended before it. */
  readonly childrenMs: number
  readonly peakKiB: number
  /** Where it was asked for. */
  readonly loop?: Loop | undefined
}

/** The event loop, from the first connection on. */
export interface Loop {
  /** When the first connection was made, from the start of the process. */
  readonly firstMs: number
  /** How late a timer is. */
  readonly late: Tail
  /** The same but for the time that the main thread waited for a processor, which others had. */
  readonly own?: Tail | undefined
  /** CPU time of the main thread between two ticks of a timer. */
  readonly busy: Tail
}

export interface Tail {
  readonly p99Ms: number
  readonly maxMs: number
}

/** What one run of a program took. */
export interface Sample extends Usage {
  /** From its start to its end. */
  readonly wallMs: number
  readonly stdout: string
}

export interface SampleOptions {
  /** The status that it is to end with. */
  readonly status?: number
  /** Where it is started; not set: here. */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Watches the event loop. */
  readonly loop?: boolean
}

const USAGE = fileURLToPath(new URL('usage.mjs', import.meta.url))

/**
 * Runs a Node program to its end and measures it. What it prints goes to a file: nobody has to keep up with reading.
 * @throws Error with what it said, when it ends with another status
 */
export async function sample(argv: readonly string[], options: SampleOptions = {}): Promise<Sample> {
  const dir = await mkdtemp(join(tmpdir(), 'provision-bench-'))
  const [usage, printed] = [join(dir, 'usage.json'), join(dir, 'stdout')]
  try {
    const out = await open(printed, 'w')
    const began = performance.now()
    const child = spawn(process.execPath, ['--import', USAGE, ...argv], {
      cwd: options.cwd,
      env: {
        ...process.env,
        ...{ BENCH_USAGE: usage, NO_COLOR: '1' },
        ...(options.loop && { BENCH_LOOP: '1' }),
        ...options.env,
      },
      stdio: ['ignore', out.fd, 'pipe'],
    })
    const exit = once(child, 'exit').then((event: unknown[]) => ({ status: event[0], at: performance.now() }))
    const [{ status, at }, stderr] = await Promise.all([exit, child.stderr ? text(child.stderr) : ''])
    await out.close()
    const stdout = await readFile(printed, 'utf8')
    if (status !== (options.status ?? 0))
      throw new Error(`${argv.join(' ')} ended with status ${String(status)}:\n${stdout.slice(-4000)}${stderr}`)
    return { wallMs: at - began, ...usageFrom(await readFile(usage, 'utf8')), stdout }
  } finally {
    await rm(dir, { recursive: true })
  }
}

function usageFrom(json: string): Usage {
  const value: unknown = JSON.parse(json)
  if (
    isRecord(value) &&
    typeof value.cpuMs === 'number' &&
    typeof value.childrenMs === 'number' &&
    typeof value.peakKiB === 'number'
  ) {
    const { cpuMs, childrenMs, peakKiB, loop } = value
    return { cpuMs, childrenMs, peakKiB, ...(isRecord(loop) && { loop: loopFrom(loop) }) }
  }
  throw new Error(`no usage in ${json}`)
}

function loopFrom({ firstMs, late, own, busy }: Readonly<Record<string, unknown>>): Loop {
  if (typeof firstMs !== 'number') throw new Error('it is not known when the first connection was made')
  return { firstMs, late: tailFrom(late), own: tailFrom(own), busy: tailFrom(busy) }
}

function tailFrom(value: unknown): Tail {
  if (isRecord(value) && typeof value.p99Ms === 'number' && typeof value.maxMs === 'number') {
    return { p99Ms: value.p99Ms, maxMs: value.maxMs }
  }
  throw new Error('the event loop was not watched')
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
