import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { tied } from '../../src/connection/tied.ts'

const start = (argv: readonly string[]) => {
  const [shell = '', ...args] = tied(argv)
  return spawn(shell, args, { stdio: ['pipe', 'pipe', 'inherit'] })
}
const alive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('C49: a program that is tied to this one does not outlive it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tied-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const file = join(dir, 'pid')
  // What starts it is killed as nobody can prepare for.
  const [shell = '', ...args] = tied(['/bin/sh', '-c', `echo $$ >${file}; exec sleep 300`])
  const starter = `require('node:child_process').spawn(${JSON.stringify(shell)}, ${JSON.stringify(args)}, { stdio: ['pipe', 'ignore', 'ignore'], detached: true })`
  const child = spawn(process.execPath, ['-e', `${starter}; setInterval(() => {}, 1000)`], { stdio: 'ignore' })
  const pid = await vi.waitUntil(() => Number(readFileSync(file, { encoding: 'utf8', flag: 'a+' })), 10_000)
  expect(alive(pid)).toBe(true)
  child.kill('SIGKILL')
  await vi.waitUntil(() => !alive(pid), 10_000)
})

test('a program that is tied ends as it would alone, with its own status', async () => {
  const child = start(['/bin/sh', '-c', 'echo "$1"; exit 7', 'sh', 'a b'])
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk))
  const [status] = await once(child, 'close')
  expect([status, said]).toEqual([7, 'a b\n'])
})
