import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Runs `work` while no other lab on this machine runs work under the same name, once those before it are done. Where
 * `flock` is missing (macOS) the work runs unlocked: two labs starting at the same moment then build the same image
 * twice, which is slow and harmless.
 */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const { release } = await take(name)
  try {
    return await work()
  } finally {
    release()
  }
}

/**
 * Holds a name on this machine until the function that it returns is called, or until this process dies.
 * @throws Error when another process holds it
 */
export async function hold(name: string): Promise<() => void> {
  const { status, release } = await take(name, '--nonblock', '--conflict-exit-code', `${CONFLICT}`)
  if (status === CONFLICT) throw new Error(`Another process is at work on ${name}: wait until it has ended.`)
  return release
}

const CONFLICT = 75

/**
 * The lock belongs to a `flock` child that reads our pipe: when this process dies, however it dies, the pipe closes,
 * the child ends and the lock is free.
 */
async function take(name: string, ...options: string[]): Promise<{ status?: unknown; release: () => void }> {
  // Each user has a folder: what root made there could not be opened by others, nor the other way round.
  const dir = join(tmpdir(), `provision-lab-${process.getuid?.() ?? 'user'}`)
  await mkdir(dir, { recursive: true })
  const holder = spawn('flock', [...options, join(dir, `${name}.lock`), 'sh', '-c', 'echo held; cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const release = () => void holder.stdin.end()
  const held = once(holder.stdout, 'data').then(() => ({ release }))
  // `once` rejects when spawning fails (no flock); an exit without output ends the wait as well.
  const ended = once(holder, 'exit').then(([status]: unknown[]) => ({ status, release }))
  return Promise.race([held, ended]).catch(() => ({ release }))
}
