import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Event } from '../../src/execute/events.ts'
import { FRAME_MS } from '../../src/render/live.ts'
import { treeRenderer } from '../../src/render/tree.ts'
import { manyHosts, type Standing, standingOf } from '../fixtures/many-hosts.ts'
import { numberIn, rowsOn } from './on-screen.ts'
import { fakeTerminal } from './screen.ts'

afterEach(() => vi.useRealTimers())

type Terminal = ReturnType<typeof fakeTerminal>

/** Plays a run of 200 hosts on a clock of its own; `look` is called each second once what happened before is on the screen. */
async function play(terminal: Terminal, look: (second: number, past: readonly Event[]) => void) {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] })
  const { out } = terminal
  const renderer = treeRenderer({ ...{ out, err: out, color: true, columns: 80, diff: false, verbosity: 0 } })
  const run = manyHosts(200, 40)
  const past: Event[] = []
  const seconds: { writes: number; bytes: number }[] = []
  let before = { ...terminal.written }
  let next = 0
  let isTier = false
  const end = run.events.at(-1)?.at ?? 0
  // The first part of the screen is loaded when it is needed.
  await vi.dynamicImportSettled()
  for (let now = 0; now < end + FRAME_MS; now += FRAME_MS) {
    for (; (run.events[next]?.at ?? Number.POSITIVE_INFINITY) <= now; next++) {
      const event = run.events[next]?.event
      if (event === undefined) break
      past.push(event)
      renderer.event(event)
    }
    vi.advanceTimersByTime(FRAME_MS)
    await terminal.settled()
    if (now === 0 || now % 1000 !== 0) continue
    const { writes, bytes } = terminal.written
    if (isTier) seconds.push({ writes: writes - before.writes, bytes: bytes - before.bytes })
    // Where a part of the screen begins or ends, that is written too.
    isTier = past.some(({ type }) => type === 'tier-started') && past.at(-1)?.type !== 'run-finished'
    before = { writes, bytes }
    // What has happened since the last frame is in the next one.
    vi.advanceTimersByTime(FRAME_MS)
    await terminal.settled()
    look(now / 1000, past)
  }
  await renderer.finish()
  return { ...run, seconds }
}

/** The list of a tier as the screen has it: it fits, and its counts are those of the run. */
function check(lines: readonly string[], { active, failed, done, waiting }: Standing, hosts: number): void {
  const text = lines.join('\n')
  const top = lines.findIndex((line) => /^\S web {2}/.test(line))
  expect(top, text).toBeGreaterThanOrEqual(0)
  expect(lines.at(-1), text).toBe('')
  const ended = done + failed.length
  expect(lines[top], text).toContain(ended === 0 ? `web  ${hosts} hosts` : `web  ${ended}/${hosts}`)
  const [rest = ''] = lines.filter((line) => line.startsWith('  … '))
  const shown = { failed: rowsOn(lines, '✖'), active: rowsOn(lines, '❯') }
  // The last ones that failed, above those at work.
  expect(shown.failed, text).toEqual(failed.slice(failed.length - shown.failed.length))
  expect(shown.failed.length, text).toBeGreaterThanOrEqual(Math.min(failed.length, 7))
  expect(shown.active, text).toEqual(active.slice(0, shown.active.length))
  expect(shown.active.length, text).toBeGreaterThanOrEqual(Math.min(active.length, 7))
  expect(shown.failed.length + numberIn(rest, 'more failed'), text).toBe(failed.length)
  expect(shown.active.length + numberIn(rest, 'more running'), text).toBe(active.length)
  expect([numberIn(rest, 'done'), numberIn(rest, 'waiting')], text).toEqual([done, waiting])
}

describe.each([
  [80, 24],
  [120, 40],
])('200 hosts on a terminal of %i by %i', (columns, rows) => {
  it('are readable from the first to the last, and drawn ten times a second at most', { timeout: 60_000 }, async () => {
    const terminal = fakeTerminal(columns, rows, { keepFrames: false })
    const moments: string[][] = []
    let gone: number | undefined
    const { failed, unreached, seconds } = await play(terminal, (_, past) => {
      const lines = terminal.visible()
      const tier = past.find((event) => event.type === 'tier-started')
      if (tier === undefined) {
        const read = past.filter(({ type }) => type === 'host-planned' || type === 'host-finished').length
        expect(lines.join('\n')).toContain(`reading hosts  ${read}/200`)
        const away = past.flatMap((event) => (event.type === 'host-finished' ? [event.host] : []))
        expect(rowsOn(lines, '✖')).toEqual(away)
      } else if (past.at(-1)?.type !== 'run-finished') {
        moments.push(lines)
        check(lines, standingOf(past), tier.hosts.length)
        // Once it is as high as it gets nothing goes off the screen.
        if (moments.length > 3) gone ??= terminal.gone()
        if (gone !== undefined) expect(terminal.gone()).toBe(gone)
      }
    })
    expect(moments.length).toBeGreaterThan(15)
    // A second, and the frame that is looked at.
    const frames = 1000 / FRAME_MS + 1
    for (const { writes, bytes } of seconds) {
      expect(writes).toBeLessThanOrEqual(frames)
      expect(bytes).toBeLessThan(5 * columns * rows)
    }

    const told = terminal.screen()
    for (const host of failed) expect(told).toContain(`  ✖ ${host.padEnd(6)}  failed at service:nginx.service`)
    // Failed alike, and told once, all with their names.
    expect(told).toContain(`\n${failed.join(', ')} failed at service:nginx.service: the unit did not start\n`)
    for (const host of unreached) expect(told).toContain(`${host} failed: cannot connect to`)
    const bad = failed.length + unreached.length
    expect(told).toContain(`200 hosts: ${200 - bad} changed, 0 ok, ${bad} failed in`)
    expect(terminal.cursorShown()).toBe(true)
  })
})

it('200 hosts are readable on a terminal that is made another meanwhile', { timeout: 60_000 }, async () => {
  const terminal = fakeTerminal(80, 24, { keepFrames: false })
  const heads = () => terminal.screen().match(/ web {2}/g)?.length
  await play(terminal, (second, past) => {
    const tier = past.find((event) => event.type === 'tier-started')
    if (tier === undefined || past.at(-1)?.type === 'run-finished') return
    check(terminal.visible(), standingOf(past), tier.hosts.length)
    if (second === 9) terminal.resize(60, 24)
    if (second === 11) terminal.resize(150, 50)
    // Nothing is left behind by what was drawn anew, but what a terminal that got lower has put off its screen.
    if (second < 14) expect(heads()).toBe(1)
    if (second === 13) terminal.resize(60, 18)
  })
  expect(heads()).toBeLessThanOrEqual(2)
})
