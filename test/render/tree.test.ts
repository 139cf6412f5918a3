import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Event } from '../../src/execute/events.ts'
import type { RenderOptions } from '../../src/render/index.ts'
import { FRAME_MS } from '../../src/render/live.ts'
import { treeRenderer } from '../../src/render/tree.ts'
import { ended, RUNS, result } from '../fixtures/events.ts'
import { fakeTerminal } from './screen.ts'

afterEach(() => vi.useRealTimers())

/** Time for one, and for the terminal to show it. */
const aFrame = async () => {
  await sleep(0)
  vi.advanceTimersByTime(FRAME_MS)
  await sleep(0)
}

/** Plays events; `slowly`: the tree draws between them. */
const play = async (
  events: readonly Event[],
  more: Partial<RenderOptions> = {},
  slowly: 'slowly' | undefined = undefined,
) => {
  if (slowly) vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] })
  const terminal = fakeTerminal(80, 200)
  const { out } = terminal
  const renderer = treeRenderer({ err: out, color: false, columns: 80, diff: false, verbosity: 0, ...more, out })
  for (const event of events) {
    renderer.event(event)
    if (slowly) await aFrame()
  }
  await renderer.finish()
  return terminal
}

describe('the tree', () => {
  const NAMES = ['clean', 'changes', 'failure', 'headStart', 'unreachable', 'check', 'pending', 'fleet'] as const

  it.each(NAMES)('leaves the right lines of %s on the screen, and the cursor', async (name) => {
    const { screen, cursorShown } = await play(RUNS[name](), { diff: name === 'check' })
    await expect(screen()).toMatchFileSnapshot(`golden/tree-${name}.txt`)
    expect(cursorShown()).toBe(true)
  })

  it('C54: a tier of which some hosts were not begun has no tick', async () => {
    const hosts = ['web1', 'web2', 'web3']
    const results = [
      result('web1', 'changed', { changed: ['file:/etc/motd'] }),
      ...['web2', 'web3'].map((host) =>
        result(host, 'skipped', { failure: { code: 'stopped', message: 'declined at the prompt', log: [] } }),
      ),
    ]
    const { screen } = await play([
      { type: 'run-started', inventory: 'lab', check: false, hosts: hosts.map((name) => ({ name, tier: 'web' })) },
      { type: 'tier-started', tier: 'web', hosts },
      ...results.map((one) => ({ type: 'host-finished', host: one.host, result: one }) as const),
      ended(results),
    ])
    expect(screen()).toMatch(/^✖ web {2}3 hosts, 2 skipped$/m)
    expect(screen()).toMatch(/^ {2}✔ web1 /m)
  })

  it('leaves the same lines when it had time to draw every step', async () => {
    const slow = await play(RUNS.changes(), {}, 'slowly')
    expect(slow.screen()).toBe((await play(RUNS.changes())).screen())
  })

  it('shows hosts at work with their step and the last line of its output', async () => {
    const { frames } = await play(RUNS.changes(), {}, 'slowly')
    expect(frames.some((frame) => /reading hosts {2}3\/4 {2}waiting for db1\n/.test(frame))).toBe(true)
    expect(frames.some((frame) => /web1 {2}package:nginx {2}1\/5\n +│ Setting up nginx/.test(frame))).toBe(true)
    expect(frames.some((frame) => /✔ web1 {2}4 changes.*\n.*web2 {2}file:\/etc\/motd {2}3\/5\n/.test(frame))).toBe(true)
  })

  it('is cut to the width and lets no control character of a host through', async () => {
    const events = RUNS.changes().map((event) =>
      event.type === 'output' ? { ...event, line: `\u001b[31m${'x'.repeat(300)}` } : event,
    )
    const { frames } = await play(events, {}, 'slowly')
    expect(frames.some((frame) => frame.includes('\\x1b[31mxxx'))).toBe(true)
    for (const frame of frames) for (const line of frame.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('shows a warning beside the tier while it is at work, and prints it when the tier has left the screen', async () => {
    const events = RUNS.changes()
    const at = events.findIndex(({ type }) => type === 'step-started') + 1
    const message = 'stopping after the hosts in hand'
    const { frames, screen } = await play(events.toSpliced(at, 0, { type: 'warning', message }), {}, 'slowly')
    expect(frames.some((frame) => /web {2}2 hosts {2}stopping after the hosts in hand\n/.test(frame))).toBe(true)
    expect(screen()).toContain('\nwarning: stopping after the hosts in hand\n')
    expect(screen().split(message)).toHaveLength(2)
  })

  it('shows a warning while hosts are read', async () => {
    const [started, ...rest] = RUNS.changes()
    if (started === undefined) throw new Error('no events')
    const { frames } = await play([started, { type: 'warning', message: 'stopping' }, ...rest], {}, 'slowly')
    expect(frames.some((frame) => /reading hosts {2}0\/4 {2}stopping\n/.test(frame))).toBe(true)
  })

  it('leaves the screen as it is while somebody is asked below it', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] })
    const terminal = fakeTerminal(80, 24)
    const { out, settled, written } = terminal
    const renderer = treeRenderer({ err: out, color: false, columns: 80, diff: false, verbosity: 0, out })
    const events = RUNS.changes()
    const at = events.findIndex(({ type }) => type === 'output')
    for (const event of events.slice(0, at)) renderer.event(event)
    for (let i = 0; i < 5; i++) await aFrame()
    await settled()
    expect(terminal.screen()).toContain('web1  package:nginx')
    const goOn = renderer.hold?.()
    const { writes } = written
    for (const event of events.slice(at, at + 3)) renderer.event(event)
    for (let i = 0; i < 5; i++) await aFrame()
    terminal.resize(80, 24)
    await settled()
    expect(written.writes).toBe(writes)
    goOn?.()
    await aFrame()
    await settled()
    expect(written.writes).toBe(writes + 1)
    expect(terminal.screen()).toContain('Setting up nginx')
    for (const event of events.slice(at + 3)) renderer.event(event)
    await renderer.finish()
  })

  it('ends in order when the run breaks off in the middle of a tier', async () => {
    const listeners = process.listenerCount('SIGINT')
    const { screen, cursorShown } = await play(RUNS.changes().slice(0, 14), {}, 'slowly')
    expect(screen()).toContain('web  2 hosts')
    expect(cursorShown()).toBe(true)
    expect(process.listenerCount('SIGINT')).toBe(listeners)
  })
})
