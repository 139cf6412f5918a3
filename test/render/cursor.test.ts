import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const FILE = fileURLToPath(new URL('guarded.ts', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'cursor-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

// Once, or each process would translate it.
beforeAll(async () => {
  const build = await rolldown({ input: FILE, platform: 'node' })
  await build.write({ dir, entryFileNames: 'guarded.mjs' })
})

const interrupted = async (mode: string) => {
  const child = spawn(process.execPath, [join(dir, 'guarded.mjs'), mode])
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
