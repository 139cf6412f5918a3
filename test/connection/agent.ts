import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'

/** A real ssh-agent that holds these keys, in this order, and ends with the test. */
export async function startAgent(dir: string, keys: readonly string[]): Promise<{ readonly socket: string }> {
  const socket = join(dir, 'agent')
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
  onTestFinished(() => void agent.kill())
  await vi.waitUntil(() => existsSync(socket), { timeout: 10_000 })
  execFileSync('ssh-add', ['-q', ...keys], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' })
  return { socket }
}
