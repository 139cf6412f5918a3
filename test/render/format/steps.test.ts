import { expect, it } from 'vitest'
import { failureBlocks, failureSteps } from '../../../src/render/format/failures.ts'
import { overviewSteps } from '../../../src/render/format/overview.ts'
import { partMaker } from '../../../src/render/format/plan.ts'
import { linesOf, reportLines, reportSteps } from '../../../src/render/format/report.ts'
import { sectionSteps } from '../../../src/render/format/shared.ts'
import { atOnce, breathing, type Steps } from '../../../src/render/format/steps.ts'
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

const stepsOf = (steps: Steps<unknown>): number => {
  for (let count = 0; ; count++) if (steps.next().done) return count
}

it('a tier of which each host has blocks of its own is put together block by block, and so is the overview', () => {
  const plans = [...report.plans.values()]
  const shared = sectionSteps(new Map(plans.map((one) => [one.host, partMaker(options)(one)])))
  const sections = stepsOf(shared)
  const overview = stepsOf(overviewSteps(plans, { hosts: hosts.length, tiers: [] }))
  expect(overview).toBeGreaterThan(5 * hosts.length)
  // A block of each host, which is made, and then put under the tier.
  expect(stepsOf(reportSteps(report, options)) - sections - overview).toBeGreaterThanOrEqual(2 * hosts.length)
})

it('failures of many hosts are told in steps, too', () => {
  const failed = hosts.map(({ name }) => ({
    host: name,
    failure: { code: 'timeout', message: `no answer to ${name.length} ${'x'.repeat(Number(name.slice(3)))}`, log: [] },
  }))
  expect(stepsOf(failureSteps(failed))).toBeGreaterThanOrEqual(2 * hosts.length)
  expect(atOnce(failureSteps(failed))).toEqual(failureBlocks(failed))
})

it('is not left at all as long as it takes no time', async () => {
  let turns = 0
  setImmediate(() => (turns += 1))
  await breathing(reportSteps(report, options), Number.POSITIVE_INFINITY)
  expect(turns).toBe(0)
})
