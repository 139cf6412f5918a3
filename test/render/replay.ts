import { setTimeout as sleep } from 'node:timers/promises'
import { createRenderer, RENDERER_KINDS, type RendererKind } from '../../src/render/index.ts'
import { RUNS } from '../fixtures/events.ts'

/** To look at a renderer: `npx jiti test/render/replay.ts tree changes [milliseconds per event] [verbosity] [diff]`. */
const [kind = 'tree', run = 'changes', pace = '300', verbosity = '0', diff] = process.argv.slice(2)
const isKind = (word: string): word is RendererKind => RENDERER_KINDS.some((one) => one === word)
const events = Object.entries(RUNS).find(([name]) => name === run)?.[1]
if (!isKind(kind) || events === undefined)
  throw new Error(`kinds: tree plain json; runs: ${Object.keys(RUNS).join(' ')}`)

const renderer = await createRenderer(kind, {
  out: process.stdout,
  err: process.stderr,
  color: process.stdout.isTTY === true,
  columns: process.stdout.columns ?? 80,
  diff: diff === 'diff' || run === 'check',
  verbosity: Number(verbosity),
})
for (const event of events()) {
  renderer.event(event)
  if (Number(pace) > 0) await sleep(Number(pace))
}
await renderer.finish()
