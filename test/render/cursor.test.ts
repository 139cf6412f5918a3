import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const FILE = fileURLToPath(new URL('guarded.ts', import.meta.url))

const interrupted = async (mode: string) => {
  const child = spawn(process.execPath, ['--import', 'jiti/register', FILE, mode])
  let text = ''
  child.stdout.on('data', (chunk) => {
    if (text === '') child.kill('SIGINT')
    text += String(chunk)
  })
  const [code, signal]: unknown[] = await once(child, 'close')
  return { text, code, signal }
}

describe('the cursor', () => {
  it.each(['alone', 'guarded'])('is shown again and the process ends when it is interrupted: %s', async (mode) => {
    const { text, signal } = await interrupted(mode)
    expect(text).toBe('hidden\n\u001b[?25h')
    expect(signal).toBe('SIGINT')
  })

  it('leaves the end to who handles the signal', async () => {
    expect((await interrupted('other')).code).toBe(3)
  })
})
