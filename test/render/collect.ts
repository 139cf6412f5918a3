import { Writable } from 'node:stream'
import type { RenderOptions } from '../../src/render/index.ts'

/** Options whose streams keep what is written, without colour. */
export function collecting(more: Partial<RenderOptions> = {}) {
  const written: string[] = []
  const sink = () =>
    new Writable({
      write(chunk, _encoding, done) {
        written.push(String(chunk))
        done()
      },
    })
  const options: RenderOptions = {
    out: sink(),
    err: sink(),
    color: false,
    columns: 80,
    diff: false,
    verbosity: 0,
    ...more,
  }
  return { options, text: () => written.join('') }
}
