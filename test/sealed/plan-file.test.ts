import fc from 'fast-check'
import { expect, it } from 'vitest'
import { InputError } from '../../src/errors.ts'
import type { Action } from '../../src/resources/resource.ts'
import type { SealedPlan } from '../../src/sealed/format.ts'
import { digestOf, parsePlan, planText } from '../../src/sealed/plan-file.ts'
import { ago, expired, validFor } from '../../src/sealed/validity.ts'

const word = fc.string({ minLength: 1, maxLength: 12 })
const action = fc.constantFrom<Action | 'none' | 'unknown'>('create', 'update', 'delete', 'run', 'none', 'unknown')
const item = fc.record({
  key: word,
  kind: word,
  role: word,
  action,
  segment: fc.constantFrom(0, 1),
  fields: fc.array(fc.record({ field: word, from: word, to: word }), { maxLength: 2 }),
  diffs: fc.constant([]),
  notify: fc.array(word, { maxLength: 2 }),
})
const plans = fc.record({
  id: fc.constant('0123456789abcdef01234567'),
  made: fc.constant('2026-03-01T12:00:00.000Z'),
  until: fc.constant('2026-03-02T12:00:00.000Z'),
  by: word,
  provision: word,
  options: fc.record({
    inventory: word,
    limit: fc.array(word),
    tags: fc.array(word),
    skipTags: fc.array(word),
    tiers: fc.array(word),
    vars: fc.array(word),
    upgrade: fc.boolean(),
  }),
  digests: fc.record({
    files: fc.array(fc.tuple(word, word)),
    hosts: fc.array(fc.tuple(word, word)),
    tiers: word,
  }),
  hosts: fc.array(fc.record({ host: word, items: fc.array(fc.record({ key: word, wanted: word, probed: word })) })),
  events: fc.array(
    fc.record({
      type: fc.constant('host-planned' as const),
      host: word,
      plan: fc.record({ host: word, tier: word, items: fc.array(item), handlers: fc.constant([]) }),
      ms: fc.nat(),
    }),
    { maxLength: 3 },
  ),
})

const fileOf = (plan: SealedPlan) => ({ plan, digest: digestOf(plan), macs: [['web1', 'mac']] as const })

/** Its message and hint. */
function refusal(text: string): string {
  try {
    parsePlan(text, 'release.plan')
  } catch (error) {
    if (error instanceof InputError && error.problems.length === 1) return `${error.problems[0]?.message}`
    throw error
  }
  return ''
}

it('whatever plan is written is read as it was', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      expect(parsePlan(planText(fileOf(plan)), 'release.plan')).toEqual(JSON.parse(JSON.stringify(fileOf(plan))))
    }),
    { numRuns: 60 },
  )
})

const [sample = undefined] = fc.sample(plans, { numRuns: 1, seed: 7 })
if (!sample) throw new Error('no sample')
/** Too long to be written plainly. */
const long: SealedPlan = {
  ...sample,
  options: { ...sample.options, vars: Array.from({ length: 9000 }, (_, i) => `var${i}=value`) },
}

it('a long plan is packed, and read as it was', () => {
  const text = planText(fileOf(long))
  expect(text.length).toBeLessThan(JSON.stringify(long).length / 3)
  expect(text).not.toContain('var17=value')
  expect(parsePlan(text, 'release.plan').plan).toEqual(JSON.parse(JSON.stringify(long)))
})

it.each([
  ['plain', sample],
  ['packed', long],
])('any character that is another in a %s one, or cut off, is one clear error', (_, plan) => {
  const text = planText(fileOf(plan))
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.constantFrom('0', 'a', 'Z', '}', '"'), (at, by) => {
      const changed = `${text.slice(0, at)}${by}${text.slice(at + 1)}`
      const said = refusal(changed)
      // In white space, or in what is not the plan's (a mac is the host's to judge), nothing may have changed.
      if (said === '') expect(parsePlan(changed, 'x').plan).toEqual(JSON.parse(JSON.stringify(plan)))
      else expect(said).toMatch(/^release\.plan is (damaged|no plan|a plan of format)/)
    }),
    { numRuns: 150 },
  )
  for (const length of [1, 40, Math.floor(text.length / 2), text.length - 3]) {
    expect(refusal(text.slice(0, length))).toMatch(/^release\.plan is (damaged, or was edited|no plan)/)
  }
})

it('a plan edited by hand is refused, also where its digest was made anew but its shape is none', () => {
  const file = fileOf(sample)
  const edited = planText({ ...file, plan: { ...sample, until: '2027-03-02T12:00:00.000Z' } })
  expect(refusal(edited)).toBe('release.plan is damaged, or was edited: its digest does not match what is in it')
  const { until: _, ...less } = sample
  expect(
    refusal(JSON.stringify({ format: 'provision-plan', version: 1, digest: file.digest, macs: [], plan: less })),
  ).toBe("release.plan is damaged, or was edited: its top level must have required property 'until'")
  expect(refusal(planText(file).replace('"version": 1', '"version": 2'))).toBe(
    'release.plan is a plan of format 2, and this version knows format 1',
  )
  expect(refusal('hosts: {}\n')).toBe('release.plan is no plan')
})

it('a plan is applied until its time, by the clock of who applies it', () => {
  const plan = { made: '2026-03-01T12:00:00.000Z', until: '2026-03-02T12:00:00.000Z' }
  expect(expired(plan, new Date('2026-03-02T11:59:59Z'))).toBeUndefined()
  expect(expired(plan, new Date('2026-03-02T15:00:00Z'))?.message).toBe(
    'the plan expired 3 hours ago, on 2026-03-02 12:00 UTC',
  )
  expect(expired(plan, new Date('2026-03-01T11:56:00Z'))).toBeUndefined()
  expect(expired(plan, new Date('2026-03-01T11:00:00Z'))).toMatchObject({
    message: "the plan was made 1 hour from now by this machine's clock, on 2026-03-01 12:00 UTC",
  })
  expect(['90m', '24h', '7d', '30d', '31d', '0h', '5', 'h', '1.5h', '-1h'].map(validFor)).toEqual([
    ...[5400, 86_400, 604_800, 2_592_000],
    ...Array.from({ length: 6 }, () => undefined),
  ])
  expect([59_000, 60_000, 90_000_000, 400].map(ago)).toEqual(['59 seconds', '1 minute', '1 day', '0 seconds'])
})
