import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readFigures } from '../../bench/fleet/fleet.ts'
import type { Scenario } from '../../bench/fleet/measure.ts'
import { latest, type Measured, pageOf } from '../../bench/fleet/page.ts'

const measured = (hosts: number, scenario: Scenario, cpuMs: number): Measured => ({
  ...{ hosts, scenario, cpuMs, ok: hosts, failed: 0, wallMs: 1500, peakKiB: 204_800, bytesOut: 1, bytesIn: 1 },
  loop: {
    firstMs: 1000,
    late: { p99Ms: 13, maxMs: 14 },
    own: { p99Ms: 3, maxMs: 4 },
    busy: { p99Ms: 5, maxMs: 6 },
  },
  setting: { date: '2026-01-02', machine: '2 cores', node: '20.19.0', load: 1 },
})

test('what was measured last of a size and scenario counts, in the order of sizes', () => {
  const before = [measured(1000, 'well', 1), measured(100, 'trouble', 1), measured(100, 'well', 1)]
  const all = latest(before, [measured(1000, 'well', 2000)])
  expect(all.map(({ hosts, scenario, cpuMs }) => [hosts, scenario, cpuMs])).toEqual([
    [100, 'well', 1],
    [100, 'trouble', 1],
    [1000, 'well', 2000],
  ])
})

test('a row for each run, a line for each scenario, and the goals', () => {
  const { text, charts } = pageOf([
    measured(100, 'well', 1000),
    measured(100, 'trouble', 1),
    measured(1000, 'well', 5000),
  ])
  expect(text).toContain(
    '| 100 | all answer | 100, 0 | 1.5 s | 1.0 s | 10.0 ms | 200 MiB | 6 ms (5 ms) | 4 ms (3 ms) | 14 ms (13 ms) |',
  )
  expect([...charts.keys()].map((name) => text.includes(`(performance/${name})`))).toEqual([true, true, true, true])
  const memory = charts.get('memory.svg') ?? ''
  expect(memory.match(/<circle /g)).toHaveLength(3)
  expect(memory).toContain('goal: under 300 MiB')
  expect(memory).toContain('10 % unreachable, 5 % slow')
})

test('runs with workers stand beside those without, in a table of their own', () => {
  const workers = { count: 2, cpuMs: 5000 }
  const all = latest([measured(1000, 'well', 20_000)], [{ ...measured(1000, 'well', 12_000), workers }])
  expect(all).toHaveLength(2)
  const { text } = pageOf([measured(100, 'well', 1), ...all])
  expect(text).toContain('| 1000 | all answer | 0 | 20.0 ms | – | 20.0 ms | 6 ms (5 ms) |')
  expect(text).toContain('| 1000 | all answer | 2 | 12.0 ms | 5.0 ms | 17.0 ms | 6 ms (5 ms) |')
  expect(text.match(/^\| 100 \|/gm)).toHaveLength(1)
  expect(pageOf([measured(100, 'well', 1)]).text).not.toContain('Worker processes')
})

test('docs/performance.md is what the bench makes of its figures', async () => {
  const { text, charts } = pageOf(await readFigures())
  const docs = join(import.meta.dirname, '../../docs')
  expect(readFileSync(join(docs, 'performance.md'), 'utf8')).toBe(text)
  for (const [name, svg] of charts) expect(readFileSync(join(docs, 'performance', name), 'utf8')).toBe(svg)
})
