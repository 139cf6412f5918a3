import { describe, expect, it } from 'vitest'
import { line, paint } from '../../src/render/format/line.ts'
import { frameOf, type Icons } from '../../src/render/live-frame.ts'
import type { LiveRow } from '../../src/render/live-view.ts'

const ICONS: Icons = { head: '*', output: '|', active: '>', done: 'v', failed: 'x', skipped: '-' }
const row = (state: LiveRow['state'], name: string, more: Partial<LiveRow> = {}): LiveRow => ({
  ...{ state, title: () => line(name) },
  ...more,
})
const saying = (name: string): LiveRow => row('active', name, { output: () => line(`of ${name}`) })
const some = (count: number, make: (i: number) => LiveRow): LiveRow[] =>
  Array.from({ length: count }, (_, i) => make(i))
const frame = (rows: readonly LiveRow[], height: number, columns = 40): string[] =>
  frameOf({ head: row('active', 'web'), rows }, { columns, rows: height }, ICONS).map((one) => paint(one, false))

describe('a list on a screen', () => {
  it('of few rows keeps them in their places, done or not, and says what they say where there is room', () => {
    const rows = [saying('a'), row('done', 'b'), row('waiting', 'c'), row('failed', 'd'), saying('e')]
    expect(frame(rows, 20)).toEqual(['* web', '  > a', '    | of a', '  v b', '  x d', '  > e', '    | of e'])
    expect(frame(rows, 7)).toEqual(['* web', '  > a', '    | of a', '  v b', '  x d', '  > e'])
  })

  it('of few rows that are too many for the screen is one of many', () => {
    const rows = [row('done', 'a'), row('done', 'b'), row('done', 'c'), row('failed', 'd', { ended: 1 }), saying('e')]
    expect(frame(rows, 6)).toEqual(['* web', '  x d', '  > e', '    | of e', '  … 3 done'])
  })

  it('of many has those that failed, then those at work; the others are counted', () => {
    const rows = [
      ...some(3, (i) => row('active', `a${i}`)),
      ...some(9, (i) => row('done', `d${i}`)),
      // The first to fail is the last by its name.
      ...some(2, (i) => row('failed', `f${i}`, { ended: 9 - i })),
      row('skipped', 's'),
      ...some(40, (i) => row('waiting', `w${i}`)),
    ]
    expect(frame(rows, 24)).toEqual([
      ...['* web', '  x f1', '  x f0', '  > a0', '  > a1', '  > a2'],
      '  … 9 done, 1 skipped, 40 waiting',
    ])
  })

  it('shares its room, and counts what has none', () => {
    const rows = [...some(20, (i) => row('failed', `f${i}`, { ended: i })), ...some(20, (i) => saying(`a${i}`))]
    expect(frame(rows, 9, 60)).toEqual([
      ...['* web', '  x f17', '  x f18', '  x f19', '  > a0', '  > a1', '  > a2'],
      '  … 17 more failed, 17 more running',
    ])
    expect(frame(rows.slice(0, 20), 6, 60)).toEqual(['* web', '  x f17', '  x f18', '  x f19', '  … 17 more failed'])
  })

  it.each([1, 2, 3, 4, 5, 10, 24, 50])('is never as high as the screen: %i lines', (height) => {
    for (const count of [0, 1, 12, 13, 500]) {
      for (const make of [saying, (name: string) => row('failed', name), (name: string) => row('done', name)]) {
        const lines = frame(
          some(count, (i) => make(`h${i}`)),
          height,
        )
        expect(lines.length).toBeLessThanOrEqual(Math.max(1, height - 1))
        for (const text of lines) expect(text.length).toBeLessThan(40)
      }
    }
  })
})
