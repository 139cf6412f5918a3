import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createRenderer } from '../../src/render/index.ts'
import { RUNS } from '../fixtures/events.ts'
import { collecting } from './collect.ts'

describe('createRenderer', () => {
  it('gives plain lines where a tree is asked for and there is no terminal', async () => {
    const text = async (kind: 'tree' | 'plain') => {
      const { options, text } = collecting()
      const renderer = await createRenderer(kind, options)
      for (const event of RUNS.changes()) renderer.event(event)
      await renderer.finish()
      return text()
    }
    expect(await text('tree')).toBe(await text('plain'))
  })

  it.each(['plain', 'json'] as const)('outlives a reader that goes away: %s', async (kind) => {
    const gone = new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
      },
    })
    const renderer = await createRenderer(kind, collecting({ out: gone }).options)
    for (const event of RUNS.check()) renderer.event(event)
    await expect(renderer.finish()).resolves.toBeUndefined()
  })

  it('colours when it is told to, whatever the stream is', async () => {
    const { options, text } = collecting({ color: true })
    const renderer = await createRenderer('plain', options)
    for (const event of RUNS.check()) renderer.event(event)
    await renderer.finish()
    expect(text()).toContain('\u001b[32m+ user:deploy\u001b[39m')
  })
})
