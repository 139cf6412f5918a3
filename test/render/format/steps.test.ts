import { expect, it } from 'vitest'
import { linesOf, reportLines, reportSteps } from '../../../src/render/format/report.ts'
import { breathing } from '../../../src/render/format/steps.ts'
import { item, plan } from '../../fixtures/events.ts'

const hosts = Array.from({ length: 300 }, (_, i) => ({ name: `web${i}`, tier: 'web' }))
const diffs = (own: string) => [
  { name: '/x', hunks: [{ oldStart: 0, oldLines: 0, newStart: 1, newLines: 2, lines: ['+same', `+${own}`] }] },
]
const report = {
  ...{ hosts, results: new Map(), tiers: [] },
  plans: new Map(
    hosts.map(({ name }) => [
      name,
      plan(name, [item('file:/x', 'create', { diffs: diffs(name) }), item(`file:/${name}`, 'create')]),
    ]),
  ),
}
const options = { diff: true, verbosity: 0 }

it('a plan of many hosts is made in steps, a host or a text at a time, between which others have their turn', async () => {
  let turns = 0
  let isMade = false
  const turn = () => {
    turns += 1
    if (!isMade) setImmediate(turn)
  }
  setImmediate(turn)
  const made = await breathing(reportSteps(report, options), 0)
  isMade = true
  // Each host is read, then each of its texts compared and shown.
  expect(turns).toBeGreaterThan(2 * hosts.length)
  expect(linesOf(made)).toEqual(reportLines(report, options))
})

it('is not left at all as long as it takes no time', async () => {
  let turns = 0
  setImmediate(() => (turns += 1))
  await breathing(reportSteps(report, options), Number.POSITIVE_INFINITY)
  expect(turns).toBe(0)
})
