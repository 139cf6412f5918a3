import { describe, expect, it } from 'vitest'
import type { HostResult } from '../../src/execute/events.ts'
import { rollout, slots, type TierRun, withinBudget } from '../../src/execute/rollout.ts'

const result = (host: string, outcome: HostResult['outcome']): HostResult => ({
  host,
  tier: 't',
  outcome,
  changed: [],
  owed: [],
  traffic: { execs: 0, bytesIn: 0, bytesOut: 0, connects: 0 },
  ms: 0,
})
const tier = (name: string, hosts: readonly string[], more: Partial<TierRun> = {}): TierRun => ({
  tier: name,
  hosts,
  pending: hosts,
  failed: 0,
  serial: '100%',
  maxFailPercentage: 100,
  ...more,
})

/** Runs the tiers with hosts that fail by name, and notes the order and the most hosts at work at once. */
async function runTiers(tiers: readonly TierRun[], failing: readonly string[] = [], forks = 10) {
  const begun: string[] = []
  const reasons: string[] = []
  let atWork = 0
  let most = 0
  const results = await rollout(tiers, forks, {
    onTier: () => undefined,
    stopped: () => false,
    async apply(host) {
      begun.push(host)
      atWork += 1
      most = Math.max(most, atWork)
      await new Promise((done) => setTimeout(done, 2))
      atWork -= 1
      return result(host, failing.includes(host) ? 'failed' : 'changed')
    },
    skip(host, reason) {
      reasons.push(reason)
      return result(host, 'skipped')
    },
  })
  return { begun, most, reasons, outcomes: Object.fromEntries(results.map((one) => [one.host, one.outcome])) }
}

describe('rollout', () => {
  it('takes tiers in order and never more hosts at once than serial and forks allow', async () => {
    const tiers = [tier('db', ['d1', 'd2']), tier('web', ['w1', 'w2', 'w3', 'w4'], { serial: 2 })]
    expect(await runTiers(tiers)).toMatchObject({ begun: ['d1', 'd2', 'w1', 'w2', 'w3', 'w4'], most: 2 })
    expect((await runTiers([tier('web', ['w1', 'w2', 'w3'])], [], 1)).most).toBe(1)
  })

  it('leaves what has not begun alone when the budget is spent, in later tiers too', async () => {
    const tiers = [tier('web', ['w1', 'w2', 'w3'], { serial: 1, maxFailPercentage: 0 }), tier('lb', ['l1'])]
    const { outcomes, reasons } = await runTiers(tiers, ['w1'])
    expect(outcomes).toEqual({ w1: 'failed', w2: 'skipped', w3: 'skipped', l1: 'skipped' })
    expect(reasons[0]).toContain('1 of 3 hosts of tier web failed')
  })

  it('goes on within the budget', async () => {
    const tiers = [tier('web', ['w1', 'w2', 'w3'], { serial: 1, maxFailPercentage: 34 }), tier('lb', ['l1'])]
    expect((await runTiers(tiers, ['w1'])).outcomes).toEqual({
      w1: 'failed',
      w2: 'changed',
      w3: 'changed',
      l1: 'changed',
    })
  })

  it('counts hosts that failed before the change, unreachable ones, against the budget', async () => {
    const tiers = [tier('web', ['w1', 'w2'], { pending: ['w2'], failed: 1, maxFailPercentage: 0 })]
    expect((await runTiers(tiers)).outcomes).toEqual({ w2: 'skipped' })
  })
})

describe('slots and budget', () => {
  it.each([
    [1, 3, 1],
    ['100%', 3, 3],
    ['50%', 3, 1],
    ['10%', 3, 1],
    [9, 3, 3],
  ])('serial %s of %i hosts is %i', (serial, size, expected) => expect(slots(serial, size)).toBe(expected))

  it.each([
    [0, 3, 0, true],
    [1, 3, 0, false],
    [1, 3, 34, true],
    [2, 3, 34, false],
    [3, 3, 100, true],
  ])('%i failed of %i with %i %% allowed: %s', (failed, size, percent, ok) =>
    expect(withinBudget(failed, size, percent)).toBe(ok),
  )
})
