import { describe, expect, test } from 'vitest'
import { declareRule } from '../../../src/resources/ufw/declared.ts'
import { deciders } from '../../../src/resources/ufw/order.ts'
import { parseTuple, type Tuple } from '../../../src/resources/ufw/tuple.ts'
import { ufwKind, ufwRule } from '../../../src/resources/ufw/ufw.ts'

const tuple = (line: string): Tuple => {
  const found = parseTuple(line, 4)
  if (!found) throw new Error(line)
  return found
}
const HTTP = tuple('allow tcp 80 0.0.0.0/0 any 0.0.0.0/0 in comment=70726f766973696f6e')
const LB = tuple('deny any 80 0.0.0.0/0 any 10.0.0.1 in')
const [spec] = declareRule({ action: 'allow', proto: 'tcp', port: 80 }).specs

describe('C64: rules of others that decide before a declared one', () => {
  test.each<[string, Tuple, readonly Tuple[], number]>([
    ['before it', LB, [LB, HTTP], 1],
    ['behind it', LB, [HTTP, LB], 0],
    ['before one that is yet to come', LB, [LB], 1],
    ['of the same effect', { ...LB, action: 'allow' }, [{ ...LB, action: 'allow' }, HTTP], 0],
    ['for another port', { ...LB, dport: '81' }, [{ ...LB, dport: '81' }, HTTP], 0],
    ['of another protocol', { ...LB, proto: 'udp' }, [{ ...LB, proto: 'udp' }, HTTP], 0],
  ])('%s', (_, foreign, present, count) => {
    expect(spec && deciders(spec, [foreign], present)).toHaveLength(count)
  })

  test('are told at the rule, those of many shortly', () => {
    const { desired } = ufwRule({ action: 'allow', proto: 'tcp', port: 80 })
    const others = Array.from({ length: 7 }, (_, i) => ({ ...LB, src: `10.0.0.${i}` }))
    const specs = [{ tuples: [], move: false, ssh: false, overruled: others }]
    const notes = ufwKind.notes?.(desired, { sort: 'rule', ipv6: true, checked: undefined, active: true, specs })
    expect(notes?.slice(0, 1)).toEqual([
      "'deny in from 10.0.0.0 to any port 80', which nobody declares, stands before this rule and decides first",
    ])
    expect(notes).toHaveLength(7)
    expect(notes?.at(-2)).toBe('2 more rules that nobody declares stand before this one')
  })
})

describe('C33: the key of a rule', () => {
  const key = (count: number, first = 0): string => {
    const from = Array.from({ length: count }, (_, i) => `10.0.${i}.${first}`)
    return ufwKind.key(ufwRule({ action: 'allow', proto: 'tcp', port: 80, from }).desired)
  }
  test('names few sources', () => expect(key(2)).toContain(' + '))
  test('names the first of many, and is another one for others', () => {
    expect(key(200)).toMatch(/^in proto tcp from 10\.0\.0\.0 to any port 80 \+ 199 more \([0-9a-f]{8}\)$/)
    expect(key(200)).not.toBe(key(200, 1))
    expect(key(200)).not.toBe(key(199))
  })
})

describe('a line that ufw would write otherwise today', () => {
  test('is kept as it stands, for it is found by that', () => {
    expect(tuple('deny any 80 0.0.0.0/0 any 10.0.0.1').written).toBe('deny any 80 0.0.0.0/0 any 10.0.0.1')
    expect(LB).not.toHaveProperty('written')
  })
})
