import { describe, expect, it } from 'vitest'
import type { HostResult } from '../../src/execute/events.ts'
import { type RolloutHooks, rollout } from '../../src/execute/rollout.ts'
import { NO_POLICY, type RolloutPolicy } from '../../src/rollout/policy.ts'
import { planTier, type Switchover, type TierPlan } from '../../src/rollout/tier-plan.ts'

const result = (host: string, outcome: HostResult['outcome']): HostResult => ({
  host,
  tier: 't',
  outcome,
  changed: [],
  pendingHandlers: [],
  traffic: { execs: 0, bytesIn: 0, bytesOut: 0, connects: 0 },
  ms: 0,
})

interface TierSetting extends Partial<RolloutPolicy> {
  readonly unreachable?: readonly string[]
  readonly disrupted?: boolean
  readonly drained?: readonly string[]
}

const tier = (name: string, hosts: readonly string[], setting: TierSetting = {}): TierPlan => {
  const { unreachable = [], disrupted = false, drained = [], ...policy } = setting
  return planTier({
    tier: name,
    hosts: hosts.map((host) => {
      const failed = unreachable.includes(host)
      return { host, pending: !failed, disrupted, drained: drained.includes(host), failed }
    }),
    policy: { ...NO_POLICY, ...policy },
  })
}

/** Runs the tiers with hosts that fail by name, and notes the order and the most hosts at work at once. */
async function runTiers(
  tiers: readonly TierPlan[],
  failing: readonly string[] = [],
  forks = 10,
  hooks: Partial<RolloutHooks> = {},
) {
  const begun: string[] = []
  const reasons: string[] = []
  let atWork = 0
  let most = 0
  const results = await rollout(tiers, forks, {
    onTier: () => undefined,
    preflight: async () => undefined,
    before: async () => undefined,
    stopped: () => false,
    switchOver: async () => undefined,
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
    ...hooks,
  })
  return { begun, most, reasons, outcomes: Object.fromEntries(results.map((one) => [one.host, one.outcome])) }
}

describe('rollout', () => {
  it('takes tiers in order and never more hosts at once than serial and forks allow', async () => {
    const tiers = [tier('db', ['d1', 'd2']), tier('web', ['w1', 'w2', 'w3', 'w4'], { serial: [2] })]
    expect(await runTiers(tiers)).toMatchObject({ begun: ['d1', 'd2', 'w1', 'w2', 'w3', 'w4'], most: 2 })
    expect((await runTiers([tier('web', ['w1', 'w2', 'w3'])], [], 1)).most).toBe(1)
  })

  it('begins the next host when one is done, and the next batch when all of one are', async () => {
    const log: string[] = []
    const applying = (work: (host: string) => Promise<void>) => async (host: string) => {
      log.push(`+${host}`)
      await work(host)
      log.push(`-${host}`)
      return result(host, 'changed')
    }
    // The first one ends when the last one has begun: never, if that waited for it.
    let begun = () => {}
    const lastBegun = new Promise<void>((resolve) => {
      begun = resolve
    })
    const sliding = applying(async (host) => {
      if (host === 'w4') begun()
      if (host === 'w1') await lastBegun
    })
    await runTiers([tier('web', ['w1', 'w2', 'w3', 'w4'], { serial: [2] })], [], 10, { apply: sliding })
    expect(log.indexOf('+w4')).toBeLessThan(log.indexOf('-w1'))
    log.length = 0
    await runTiers([tier('web', ['w1', 'w2', 'w3', 'w4'], { serial: [2], pause: 1 })], [], 10, {
      apply: applying(() => new Promise((done) => setTimeout(done, 5))),
    })
    expect(log.indexOf('+w3')).toBeGreaterThan(log.indexOf('-w1'))
  })

  it('leaves what has not begun alone when the budget is spent, in later tiers too', async () => {
    const tiers = [tier('web', ['w1', 'w2', 'w3'], { serial: [1], maxFailPercentage: 0 }), tier('lb', ['l1'])]
    const { outcomes, reasons } = await runTiers(tiers, ['w1'])
    expect(outcomes).toEqual({ w1: 'failed', w2: 'skipped', w3: 'skipped', l1: 'skipped' })
    expect(reasons[0]).toBe('1 of 3 hosts of tier web failed: max_fail_percentage 0')
  })

  it('goes on within the budget', async () => {
    const tiers = [tier('web', ['w1', 'w2', 'w3'], { serial: [1], maxFailures: 1 }), tier('lb', ['l1'])]
    const outcomes = { w1: 'failed', w2: 'changed', w3: 'changed', l1: 'changed' }
    expect((await runTiers(tiers, ['w1'])).outcomes).toEqual(outcomes)
  })

  it('counts hosts that failed before the change, unreachable ones, against the budget', async () => {
    const tiers = [tier('web', ['w1', 'w2'], { unreachable: ['w1'], maxFailPercentage: 0 })]
    expect((await runTiers(tiers)).outcomes).toEqual({ w2: 'skipped' })
  })

  it('drains no host of a tier that is not fit, and begins none after it; others are changed in place', async () => {
    const web = tier('web', ['w1', 'w2', 'w3'], { disrupted: true })
    const found = await runTiers([{ ...web, drains: ['w2', 'w3'] }, tier('lb', ['l1'])], [], 10, {
      preflight: async () => 'lb2 has web2 down',
    })
    expect(found).toMatchObject({ begun: ['w1'], reasons: Array(3).fill('lb2 has web2 down') })
  })

  it('is asked once what an earlier run left out is back: without it, none could be spared', async () => {
    const done: string[] = []
    const { outcomes } = await runTiers(
      [tier('lb', ['lb1', 'lb2'], { disrupted: true, drained: ['lb2'], serial: [2] })],
      [],
      10,
      {
        preflight: async () => (done.includes('lb2') ? undefined : 'lb2 has given its addresses away'),
        async apply(host) {
          await new Promise((end) => setTimeout(end, 2))
          done.push(host)
          return result(host, 'changed')
        },
      },
    )
    expect(outcomes).toEqual({ lb1: 'changed', lb2: 'changed' })
    expect(done).toEqual(['lb2', 'lb1'])
  })

  it('asks nothing of a tier that is not drained', async () => {
    const { begun } = await runTiers([tier('web', ['w1'])], [], 10, { preflight: async () => 'never asked' })
    expect(begun).toEqual(['w1'])
  })

  describe('a switchover', () => {
    const db = (setting: Partial<RolloutPolicy> = {}, switchover: Switchover = { from: 'd1', to: 'd2' }) =>
      planTier({
        tier: 'db',
        hosts: ['d1', 'd2', 'd3'].map((host) => {
          return {
            host,
            pending: true,
            disrupted: true,
            needsFailover: true,
            drained: false,
            failed: false,
            isPrimary: host === 'd1',
          }
        }),
        policy: { ...NO_POLICY, ...setting },
        switchover,
      })
    const tiers = (setting?: Partial<RolloutPolicy>) => [db(setting), tier('app', ['a1'])]

    it('is done when all others are, before the old primary begins; later tiers go on', async () => {
      const log: string[] = []
      const apply = async (host: string) => {
        log.push(`+${host}`)
        await new Promise((done) => setTimeout(done, 2))
        log.push(`-${host}`)
        return result(host, 'changed')
      }
      const switchOver = async (host: string, { from, to }: Switchover) => {
        log.push(`${host}: ${from} to ${to}`)
        return undefined
      }
      await runTiers(tiers({ serial: [3] }), [], 10, { apply, switchOver })
      expect(log).toEqual(['+d2', '+d3', '-d2', '-d3', 'd1: d1 to d2', '+d1', '-d1', '+a1', '-a1'])
    })

    it('that fails counts as the failure of its host, which is not begun', async () => {
      const switchOver = async (host: string) => result(host, 'failed')
      const strict = await runTiers(tiers(), [], 10, { switchOver })
      expect(strict.begun).toEqual(['d2', 'd3'])
      expect(strict.outcomes).toEqual({ d1: 'failed', d2: 'changed', d3: 'changed', a1: 'skipped' })
      const lenient = await runTiers(tiers({ maxFailures: 1 }), [], 10, { switchOver })
      expect(lenient.outcomes).toEqual({ d1: 'failed', d2: 'changed', d3: 'changed', a1: 'changed' })
    })

    it('is not done when a host before it failed, nor for the preflight that it would set right', async () => {
      const done: string[] = []
      const switchOver = async (host: string) => {
        done.push(host)
        return undefined
      }
      await runTiers(tiers(), ['d3'], 10, { switchOver })
      expect(done).toEqual([])
      const { begun } = await runTiers([db({}, { to: 'd2' })], [], 10, {
        switchOver,
        preflight: async () => (done.length === 0 ? 'nobody takes the writes' : undefined),
      })
      expect(done).toEqual(['d2'])
      expect(begun).toEqual(['d2', 'd3', 'd1'])
    })

    it('leaves its host alone when the user wants out meanwhile', async () => {
      let out = false
      const switchOver = async () => {
        out = true
        return undefined
      }
      const { begun, reasons } = await runTiers([db()], [], 10, { switchOver, stopped: () => out })
      expect({ begun, reasons }).toEqual({ begun: ['d2', 'd3'], reasons: ['the run was stopped'] })
    })
  })

  it('leaves the batches that are not confirmed', async () => {
    const { begun, reasons } = await runTiers([tier('web', ['w1', 'w2'], { serial: [1], confirm: true })], [], 10, {
      before: async ({ confirm }) => (confirm ? 'it was not confirmed' : undefined),
    })
    expect({ begun, reasons }).toEqual({ begun: ['w1'], reasons: ['it was not confirmed'] })
  })

  it('begins no host that waits for one that failed, whatever the failure budget', async () => {
    const hosts = ['app1', 'app2', 'app3'].map((host) => {
      const first = host === 'app3' ? [] : ['app1']
      return { host, pending: true, disrupted: false, drained: false, failed: false, first }
    })
    const plan = planTier({ tier: 't', hosts, policy: { ...NO_POLICY, maxFailPercentage: 100 } })
    const { outcomes, reasons } = await runTiers([plan], ['app1'])
    expect(outcomes).toEqual({ app1: 'failed', app2: 'skipped', app3: 'changed' })
    expect(reasons).toEqual(['app1 comes first, and is not done'])
    expect((await runTiers([plan])).begun).toEqual(['app1', 'app2', 'app3'])
  })
})
