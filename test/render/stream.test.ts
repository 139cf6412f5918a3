import { createWriteStream } from 'node:fs'
import { Writable } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import type { Event } from '../../src/execute/events.ts'
import { createRenderer } from '../../src/render/index.ts'

const collecting = () => {
  let text = ''
  const stream = new Writable({
    write(chunk, _, done) {
      text += chunk
      done()
    },
  })
  return { stream, text: () => text }
}
const closed = () =>
  new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })) })
const EVENT: Event = { type: 'host-probing', host: 'web1' }
const WARNING: Event = { type: 'warning', message: 'mind the gap' }

describe('C48: an output that fails', () => {
  it.each([
    ['a full disk', () => createWriteStream('/dev/full'), 'no space left on device'],
    ['a reader that has gone', closed, 'EPIPE'],
  ])('%s is told once, and the run goes on', async (_, open, why) => {
    const err = collecting()
    const options = { out: open(), err: err.stream, color: false, columns: 80, diff: false, verbosity: 0 }
    const renderer = await createRenderer('json', options)
    for (let i = 0; i < 3; i++) {
      renderer.event(EVENT)
      await renderer.finish()
    }
    await vi.waitFor(() => expect(err.text()).toContain(why))
    renderer.event(EVENT)
    await renderer.finish()
    expect(err.text().match(/standard output can't be written/g)).toHaveLength(1)
  })

  it('that is standard error itself, or both, ends nothing either', async () => {
    const out = collecting()
    for (const options of [
      { out: out.stream, err: closed() },
      { out: closed(), err: closed() },
    ]) {
      const renderer = await createRenderer('plain', {
        ...options,
        color: false,
        columns: 80,
        diff: false,
        verbosity: 0,
      })
      renderer.event(WARNING)
      renderer.event({ type: 'host-note', host: 'web1', message: 'still told' })
      await renderer.finish()
    }
    expect(out.text()).toContain('still told')
  })
})
