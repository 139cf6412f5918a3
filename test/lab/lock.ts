import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Runs `work` while no other lab on this machine runs work under the same name.
 *
 * The lock belongs to a `flock` child that reads our pipe: when this process dies, however it dies, the pipe closes,
 * the child ends and the lock is free. Where `flock` is missing (macOS) the work runs unlocked: two labs starting at
 * the same moment then build the same image twice, which is slow and harmless.
 */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const dir = join(tmpdir(), 'provision-lab')
  await mkdir(dir, { recursive: true })
  const holder = spawn('flock', [join(dir, `${name}.lock`), 'sh', '-c', 'echo held; cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  // `once` rejects when spawning fails (no flock); an exit without output ends the wait as well.
  await Promise.race([once(holder.stdout, 'data'), once(holder, 'exit')]).catch(() => undefined)
  try {
    return await work()
  } finally {
    holder.stdin.end()
  }
}
