import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NO_POLICY, type RolloutPolicy } from '../../src/rollout/policy.ts'
import { planTier, type RolloutHost, type Switchover, slots, type TierInput } from '../../src/rollout/tier-plan.ts'

const host = (name: string, more: Partial<RolloutHost> = {}): RolloutHost => ({
  host: name,
  pending: true,
  disrupted: false,
  drained: false,
  failed: false,
  ...more,
})
const web = (count: number, more: Partial<RolloutHost> = {}) =>
  Array.from({ length: count }, (_, i) => host(`web${i + 1}`, more))
const plan = (hosts: readonly RolloutHost[], policy: Partial<RolloutPolicy> = {}, more: Partial<TierInput> = {}) =>
  planTier({ tier: 'web', hosts, policy: { ...NO_POLICY, ...policy }, ...more })
/** `web1 web2/2`: hosts of each batch and its slots. */
const batches = (...args: Parameters<typeof plan>) =>
  plan(...args).batches.map(({ hosts, slots }) => `${hosts.join(' ')}/${slots}`)

describe('batches', () => {
  it('takes all at once without a policy, where nothing is disturbed', () => {
    expect(batches(web(3))).toEqual(['web1 web2 web3/3'])
  })

  it('goes one by one without a policy, where some host is to be drained', () => {
    expect(batches(web(2, { disrupted: true }))).toEqual(['web1 web2/1'])
  })

  it('mends hosts in place before it takes others out', () => {
    expect(batches([host('web1', { disrupted: true }), host('web2')])).toEqual(['web2 web1/1'])
  })

  it('takes the host on which the others depend last, where it is disturbed; else in its place', () => {
    const two = (disrupted: boolean) => [host('db1', { disrupted, isPrimary: true }), host('db2', { disrupted })]
    expect(batches(two(true))).toEqual(['db2 db1/1'])
    expect(batches(two(false))).toEqual(['db1 db2/2'])
  })

  it('has a width for hosts that serve nobody, before those that do', () => {
    const tier = [host('web1'), host('web2', { down: true }), host('web3', { down: true }), host('web4')]
    expect(batches(tier, { serial: [1], serialDown: '100%' })).toEqual(['web2 web3/2', 'web1 web4/1'])
    expect(batches(web(4, { down: true }), { serial: [1], serialDown: 2 })).toEqual(['web1 web2 web3 web4/2'])
    expect(batches(tier, { serial: [1] })).toEqual(['web1 web2 web3 web4/1'])
  })

  it('lets hosts that serve nobody wait for the one that comes first, and puts back first what a run left drained', () => {
    const first = ['app2']
    const tier = ['app1', 'app2', 'app3'].map((name) => host(name, { first, down: true }))
    expect(batches(tier, { serial: [1], serialDown: '100%' })).toEqual(['app2/1', 'app1 app3/2'])
    const left = [host('web1', { down: true, drained: true }), host('web2', { down: true })]
    expect(batches(left, { serial: [1], serialDown: '100%' })).toEqual(['web1 web2/1'])
  })

  describe('a host that comes first', () => {
    const app = (more: (name: string) => Partial<RolloutHost> = () => ({})) =>
      ['app1', 'app2', 'app3'].map((name) => host(name, { first: ['app2'], ...more(name) }))

    it('has a batch of its own before all others, those that an earlier run left drained too', () => {
      expect(batches(app())).toEqual(['app2/1', 'app1 app3/2'])
      expect(batches(app((name) => ({ disrupted: true, drained: name === 'app3' })))).toEqual(['app2/1', 'app3 app1/1'])
    })

    it('is the canary where there is one', () => {
      expect(batches(app(), { serial: [1, '100%'] })).toEqual(['app2/1', 'app1 app3/2'])
      expect(batches(app(), { serial: [2, '100%'] })).toEqual(['app2/1', 'app1/1', 'app3/1'])
    })

    it('is waited for while it has to be done or could not be planned, and not when it has it already', () => {
      const waiting = (hosts: readonly RolloutHost[]) => plan(hosts).waiting.map((one) => `${one.host} for ${one.for}`)
      expect(waiting(app())).toEqual(['app1 for app2', 'app3 for app2'])
      expect(waiting(app((name) => (name === 'app2' ? { pending: false, failed: true, first: [] } : {})))).toEqual([
        'app1 for app2',
        'app3 for app2',
      ])
      expect(waiting(app((name) => (name === 'app2' ? { pending: false, first: [] } : {})))).toEqual([])
    })
  })

  describe('a switchover', () => {
    const db = (names: readonly string[], more: Partial<RolloutHost> = {}) =>
      names.map((name) => host(name, { disrupted: true, needsFailover: true, ...more }))
    const given = (hosts: readonly RolloutHost[], switchover: Switchover, policy: Partial<RolloutPolicy> = {}) =>
      plan(hosts, policy, { switchover }).batches.map((batch) => [batch.hosts.join(' '), batch.slots, batch.switchover])
    const TO = { from: 'db1', to: 'db2' }

    it('comes after all others, alone, before the old primary; whatever domains and slots there are', () => {
      expect(given(db(['db1', 'db2', 'db3']), TO)).toEqual([
        ['db2 db3', 1, undefined],
        ['db1', 1, TO],
      ])
      const racks = [
        host('db3', { domain: 'a' }),
        host('db1', { domain: 'a', disrupted: true, needsFailover: true }),
        host('db2'),
      ]
      expect(given(racks, TO, { serial: [3] }).at(-1)).toEqual(['db1', 1, TO])
    })

    it('comes too before work for which its host would not be drained', () => {
      expect(given([host('db1', { needsFailover: true }), host('db2')], TO)).toEqual([
        ['db2', 1, undefined],
        ['db1', 1, TO],
      ])
    })

    it('keeps the pause and the question before its batch', () => {
      const last = plan(db(['db1', 'db2']), { pause: 7, confirm: true }, { switchover: TO }).batches.at(-1)
      expect(last).toEqual({ hosts: ['db1'], slots: 1, pause: 7, confirm: true, switchover: TO })
    })

    it('is none where no primary has to be moved', () => {
      expect(given([host('db1', { disrupted: true }), host('db2')], TO)).toEqual([['db2 db1', 1, undefined]])
      expect(given([host('db1'), host('db2')], TO)).toEqual([['db1 db2', 2, undefined]])
      expect(given([host('db1', { pending: false }), host('db2')], TO)).toEqual([['db2', 1, undefined]])
      expect(given(db(['db2', 'db3']), TO)).toEqual([['db2 db3', 1, undefined]])
    })

    it('that an earlier run began comes before everything', () => {
      expect(given([...db(['db1', 'db2']), host('db3')], { to: 'db2' })).toEqual([
        ['db3', 1, { to: 'db2' }],
        ['db1 db2', 1, undefined],
      ])
      expect(given(db(['db1'], { pending: false }), { to: 'db2' })).toEqual([])
    })
  })

  it('gives no slot to hosts without changes', () => {
    expect(batches([host('web1', { pending: false }), host('web2')], { serial: [1] })).toEqual(['web2/1'])
    expect(batches(web(2, { pending: false }))).toEqual([])
  })

  it.each<[string, Partial<RolloutPolicy>, string[]]>([
    ['slides', { serial: [2] }, ['web1 web2 web3 web4 web5/2']],
    ['canary first', { serial: [1, '50%'] }, ['web1/1', 'web2 web3 web4 web5/2']],
    ['several canaries', { serial: [1, 2, '100%'] }, ['web1/1', 'web2 web3/2', 'web4 web5/2']],
    ['batches where something stands between', { serial: [2], pause: 5 }, ['web1 web2/2', 'web3 web4/2', 'web5/1']],
    ['canary and batches', { serial: [1, 3], confirm: true }, ['web1/1', 'web2 web3 web4/3', 'web5/1']],
  ])('%s', (_, policy, expected) => expect(batches(web(5), policy)).toEqual(expected))

  it('pauses and asks before each batch but the first', () => {
    const { batches } = plan(web(3), { serial: [1, 1], pause: 9, confirm: true })
    expect(batches.map(({ pause, confirm }) => [pause, confirm])).toEqual([
      [0, false],
      [9, true],
      [9, true],
    ])
  })

  it('never takes two failure domains at once', () => {
    const racks = [
      host('web1', { domain: 'a' }),
      host('web2', { domain: 'b' }),
      host('web3', { domain: 'a' }),
      host('web4', { domain: 'b' }),
    ]
    expect(batches(racks, { serial: [3] })).toEqual(['web1 web3/2', 'web2 web4/2'])
    expect(batches(racks, { serial: [1, 3] })).toEqual(['web1/1', 'web3/1', 'web2 web4/2'])
  })

  it('begins with hosts that an earlier run left drained', () => {
    const found = plan([host('web1'), host('web2', { drained: true })], { serial: [1] })
    expect(found.batches[0]?.hosts).toEqual(['web2', 'web1'])
    expect(found.leftDrained).toEqual(['web2'])
  })

  it('changes all together when a role says so', () => {
    expect(batches(web(3), { serial: [1], pause: 5 }, { simultaneous: true })).toEqual(['web1 web2 web3/3'])
  })

  it('has each pending host once, whatever the policy', () => {
    const hosts = fc.uniqueArray(
      fc.record({
        host: fc.string({ minLength: 1, maxLength: 4 }),
        pending: fc.boolean(),
        disrupted: fc.boolean(),
        drained: fc.boolean(),
        failed: fc.boolean(),
        domain: fc.constantFrom(undefined, 'a', 'b'),
      }),
      { selector: (one) => one.host, maxLength: 12 },
    )
    const serial = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom('1%', '30%', '100%')), {
      minLength: 1,
      maxLength: 4,
    })
    fc.assert(
      fc.property(hosts, serial, fc.nat(3), fc.boolean(), (all, widths, pause, confirm) => {
        const { batches } = plan(all, { serial: widths, pause, confirm })
        const members = batches.flatMap((batch) => batch.hosts)
        expect([...members].sort()).toEqual(
          all
            .filter((one) => one.pending)
            .map((one) => one.host)
            .sort(),
        )
        for (const batch of batches) {
          const domains = new Set(batch.hosts.map((name) => all.find((one) => one.host === name)?.domain))
          expect(domains.size).toBe(1)
          expect(batch.slots).toBeGreaterThan(0)
          expect(batch.slots).toBeLessThanOrEqual(Math.max(...widths.map((one) => slots(one, all.length))))
        }
      }),
    )
  })
})

describe('budget', () => {
  const allowed = (count: number, policy: Partial<RolloutPolicy>, more: Partial<RolloutHost> = {}) =>
    plan(web(count, more), policy).failuresAllowed

  it.each<[number, Partial<RolloutPolicy>, number]>([
    [3, { maxFailPercentage: 0 }, 0],
    [3, { maxFailPercentage: 34 }, 1],
    [3, { maxFailPercentage: 33 }, 0],
    [10, { maxFailPercentage: 30 }, 3],
    [10, { maxFailures: 1 }, 1],
    [10, { maxFailures: 1, maxFailPercentage: 30 }, 1],
    [10, { maxFailures: 5, maxFailPercentage: 30 }, 3],
    [10, { maxFailPercentage: 100 }, 10],
    [10, {}, 10],
  ])('of %i hosts with %o: %i', (count, policy, expected) => expect(allowed(count, policy)).toBe(expected))

  it('is none without a policy where hosts are drained', () => {
    expect(allowed(3, {}, { disrupted: true })).toBe(0)
    expect(allowed(3, { maxFailures: 1 }, { disrupted: true })).toBe(1)
  })

  it('counts hosts that failed already, and says which rule it goes by', () => {
    const found = plan([host('web1', { failed: true, pending: false }), host('web2')], { maxFailPercentage: 30 })
    expect(found).toMatchObject({ failed: 1, failuresAllowed: 0, rule: 'max_fail_percentage 30' })
  })
})

describe('slots', () => {
  it.each([
    [1, 3, 1],
    ['100%', 3, 3],
    ['50%', 3, 1],
    ['10%', 3, 1],
    [9, 3, 3],
  ])('serial %s of %i hosts is %i', (serial, size, expected) => expect(slots(serial, size)).toBe(expected))
})
