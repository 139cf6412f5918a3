import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coversConnection, type SshConnection } from '../../../src/resources/ufw/access.ts'
import { declareRule, type Spec, type UfwRule } from '../../../src/resources/ufw/declared.ts'
import { misplaced, orderMatters } from '../../../src/resources/ufw/order.ts'
import { matchOf, type Tuple } from '../../../src/resources/ufw/tuple.ts'

const specOf = (rule: UfwRule): Spec => declareRule(rule).specs[0] ?? { tuples: [] }
const tuplesOf = (...rules: UfwRule[]): Tuple[] => rules.flatMap((rule) => specOf(rule).tuples)

const required: ('action' | 'proto' | 'from')[] = ['action', 'proto', 'from']
const rule: fc.Arbitrary<UfwRule> = fc.record(
  {
    action: fc.constantFrom('allow', 'deny', 'reject'),
    proto: fc.constantFrom('any', 'tcp', 'udp'),
    port: fc.constantFrom(22, 80),
    from: fc.constantFrom('any', '10.0.0.0/8', '10.1.0.0/16', '10.1.2.3', '192.0.2.0/24', '2001:db8::/32'),
    iface: fc.constantFrom('eth0', 'eth1'),
  },
  { requiredKeys: required },
)
const distinct = fc.uniqueArray(rule.map(specOf), { selector: (spec) => spec.tuples.map(matchOf).join(), maxLength: 7 })

describe('the order of rules', () => {
  it('is right after the misplaced ones and the missing ones were put at the end', () => {
    fc.assert(
      fc.property(distinct, fc.infiniteStream(fc.nat()), fc.nat(7), (declared, numbers, missing) => {
        const weight = new Map(declared.map((spec) => [spec, numbers.next().value ?? 0]))
        const shuffled = [...declared].sort((a, b) => (weight.get(a) ?? 0) - (weight.get(b) ?? 0))
        const present = shuffled.slice(missing)
        const moved = misplaced(
          declared,
          present.flatMap((spec) => spec.tuples),
        )
        const isNew = (spec: Spec, i: number) => moved.has(i) || !present.includes(spec)
        const after = [...present.filter((spec) => !moved.has(declared.indexOf(spec))), ...declared.filter(isNew)]
        expect(after).toHaveLength(declared.length)
        declared.forEach((first, i) => {
          for (const second of declared.slice(i + 1)) {
            const matters = first.tuples.some((a) => second.tuples.some((b) => orderMatters(a, b)))
            if (matters) expect(after.indexOf(first)).toBeLessThan(after.indexOf(second))
          }
        })
      }),
      { numRuns: 500 },
    )
  })

  it('moves nothing that stands as declared', () => {
    fc.assert(
      fc.property(distinct, (declared) => {
        expect(
          misplaced(
            declared,
            declared.flatMap((spec) => spec.tuples),
          ).size,
        ).toBe(0)
      }),
    )
  })
})

describe('coversConnection', () => {
  const ssh: SshConnection = { client: '10.0.0.7', server: '10.0.0.1', port: 22, iface: 'eth0' }
  const allow = { action: 'allow', proto: 'tcp' } as const

  it.each<[string, boolean, UfwRule[]]>([
    ['no rule', false, []],
    ['its port', true, [{ ...allow, port: 22 }]],
    ['a range with its port', true, [{ ...allow, port: '20:30' }]],
    ['any port of its network', true, [{ action: 'allow', from: '10.0.0.0/24' }]],
    ['another port', false, [{ ...allow, port: 2222 }]],
    ['another protocol', false, [{ action: 'allow', proto: 'udp', port: 22 }]],
    ['another source', false, [{ ...allow, port: 22, from: '10.0.1.0/24' }]],
    ['another destination', false, [{ ...allow, port: 22, to: '10.0.0.2' }]],
    ['its interface', true, [{ ...allow, port: 22, iface: 'eth0' }]],
    ['another interface', false, [{ ...allow, port: 22, iface: 'eth1' }]],
    ['what goes out', false, [{ ...allow, port: 22, direction: 'out' }]],
    ['what passes through', false, [{ ...allow, port: 22, route: true }]],
    ['IPv6', false, [{ ...allow, port: 22, from: '2001:db8::/32' }]],
    [
      'a deny before it',
      false,
      [
        { action: 'deny', from: '10.0.0.7' },
        { ...allow, port: 22 },
      ],
    ],
    [
      'a deny after it',
      true,
      [
        { ...allow, port: 22 },
        { action: 'deny', from: '10.0.0.7' },
      ],
    ],
    ['a limit', true, [{ action: 'limit', proto: 'tcp', port: 22 }]],
  ])('%s: %s', (_name, covered, rules) => {
    expect(coversConnection(tuplesOf(...rules), ssh)).toBe(covered)
  })

  it('takes the worst of an interface it does not know', () => {
    const nowhere = { ...ssh, iface: '' }
    expect(coversConnection(tuplesOf({ ...allow, port: 22, iface: 'eth0' }), nowhere)).toBe(false)
    expect(coversConnection(tuplesOf({ action: 'deny', iface: 'eth0' }, { ...allow, port: 22 }), nowhere)).toBe(false)
  })

  it('goes by the policy where no rule speaks', () => {
    expect(coversConnection([], ssh, 'allow')).toBe(true)
    expect(coversConnection([], ssh, 'reject')).toBe(false)
    expect(coversConnection([], { ...ssh, iface: 'lo' })).toBe(true)
  })
})
