import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** What one run of a program took. */
export interface Sample {
  /** From its start to its end. */
  readonly wallMs: number
  /** User and system time of the program itself: the hosts' time is not in it. */
  readonly cpuMs: number
  readonly peakKiB: number
  readonly stdout: string
}

const USAGE = fileURLToPath(new URL('usage.mjs', import.meta.url))

/**
 * Runs a Node program to its end and measures it.
 * @throws Error with what it said, when it ends with another status than 0
 */
export async function sample(argv: readonly string[]): Promise<Sample> {
  const dir = await mkdtemp(join(tmpdir(), 'provision-bench-'))
  const file = join(dir, 'usage.json')
  try {
    const began = performance.now()
    const child = spawn(process.execPath, ['--import', USAGE, ...argv], {
      env: { ...process.env, BENCH_USAGE: file, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const exit = once(child, 'exit').then((event: unknown[]) => ({ status: event[0], at: performance.now() }))
    const [{ status, at }, stdout, stderr] = await Promise.all([exit, text(child.stdout), text(child.stderr)])
    if (status !== 0) throw new Error(`${argv.join(' ')} ended with status ${String(status)}:\n${stdout}${stderr}`)
    return { wallMs: at - began, ...usageFrom(await readFile(file, 'utf8')), stdout }
  } finally {
    await rm(dir, { recursive: true })
  }
}

function usageFrom(json: string): { cpuMs: number; peakKiB: number } {
  const value: unknown = JSON.parse(json)
  if (typeof value === 'object' && value !== null && 'cpuMs' in value && 'peakKiB' in value) {
    const { cpuMs, peakKiB } = value
    if (typeof cpuMs === 'number' && typeof peakKiB === 'number') return { cpuMs, peakKiB }
  }
  throw new Error(`no usage in ${json}`)
}
