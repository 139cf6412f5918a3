import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Event } from '../../../src/execute/events.ts'
import { type Line, line, paint, span } from '../../../src/render/format/line.ts'
import { partMaker } from '../../../src/render/format/plan.ts'
import { partLines } from '../../../src/render/format/sections.ts'
import { type Part, rebuilt, sectionsOf } from '../../../src/render/format/shared.ts'
import { plainRenderer } from '../../../src/render/plain.ts'
import { collecting } from '../collect.ts'

/** A hunk as a plan has it: a line for each text, by its sign. */
const hunk = (header: string, ...texts: string[]): Line[] => [
  line('    ', span('bold', '/etc/x'), '  ', span('dim', header)),
  ...texts.map((text) => line('      ', { text, tone: ({ '+': 'add', '-': 'remove' } as const)[text[0] ?? ''] })),
]
const part = (...lines: Line[]): Part => ({
  ...{ key: 'file-set:x', counts: 'change', isNew: false },
  lines: [line(span('change', '~ file-set:x')), ...lines],
})
const shown = (plans: Record<string, Part>, full = false): string[] =>
  sectionsOf(new Map(Object.entries(plans).map(([host, one]) => [host, [one]]))).flatMap(({ parts }) =>
    parts.flatMap((one) => partLines(one, { full }).map((text) => paint(text, false))),
  )

describe('what is around a change', () => {
  const lines = [' a', ' b', ' c', '-d', ' e', ' f', '+g', ' h', ' i', ' j']

  it('is a line each, and the place is that of what is shown', () => {
    const two = part(...hunk('@@ -18,9 +18,9 @@', ...lines), ...hunk('@@ -40,3 +40,4 @@', ' k', ' l', '+m', ' n'))
    expect(shown({ web1: two })).toEqual([
      ...[
        '~ file-set:x',
        '    /etc/x  @@ -20,5 +20,5 @@',
        '       c',
        '      -d',
        '       e',
        '       f',
        '      +g',
        '       h',
      ],
      ...['    /etc/x  @@ -41,2 +41,3 @@', '       l', '      +m', '       n'],
    ])
    expect(shown({ web1: two }, true)).toHaveLength(1 + 11 + 5)
  })

  it('stays where nothing says which lines these are', () => {
    const [, ...top] = hunk('', ' a', ' b', ' c', '-d')
    expect(shown({ web1: part(...top) })).toHaveLength(5)
  })

  it('stays where it differs between hosts', () => {
    const on = (own: string) => part(...hunk('@@ -18,4 +18,4 @@', ` listen ${own};`, ' b', ' c', '-d', '+e'))
    expect(shown({ web1: on('10.0.0.1'), web2: on('10.0.0.2') }).slice(0, 5)).toEqual([
      ...[
        '~ file-set:x',
        '    /etc/x  @@ -18,4 +18,4 @@',
        '       listen {web1: 10.0.0.1; web2: 10.0.0.2};',
        '       b',
        '       c',
      ],
    ])
  })
})

describe('two changed vars on the lab', () => {
  // Recorded on its twelve hosts: --var nginx_keepalive_timeout=5s --var 'ntp_servers=[0.debian.pool.ntp.org]'
  const file = join(import.meta.dirname, '../../fixtures/two-vars.json')
  const events: Event[] = JSON.parse(readFileSync(file, 'utf8'))

  it('are 30 lines to read at most', async () => {
    const { options, text } = collecting({ diff: true })
    const renderer = plainRenderer(options)
    for (const event of events) renderer.event(event)
    await renderer.finish()
    const lines = text().trimEnd().split('\n')
    expect(lines.length, text()).toBeLessThanOrEqual(30)
    expect(text()).toMatch(
      /-NTP=.*\n +\+NTP=0.debian.pool.ntp.org\n(?:.*\n)*.*- +keepalive_timeout 65s;\n +\+ +keepalive_timeout 5s;/,
    )
  })

  it('are put together so that the plan of each host can be had from it', () => {
    const plans = events.flatMap((event) => (event.type === 'host-planned' ? [event.plan] : []))
    const parts = partMaker({ diff: true, verbosity: 0 })
    const made = new Map(plans.map((plan) => [plan.host, parts(plan)]))
    const sections = sectionsOf(made)
    expect(made.size).toBe(12)
    for (const [host, own] of made) expect(rebuilt(sections, host)).toEqual(own.flatMap(({ lines }) => lines))
  })
})
