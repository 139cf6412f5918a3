import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mergeGroups } from '../../src/inventory/group-vars.ts'
import { membershipOf } from '../../src/inventory/groups.ts'
import type { Value, Vars } from '../../src/inventory/inventory.ts'
import type { HostsFile } from '../../src/inventory/schemas/hosts.ts'
import { type Level, mergeLevels, withoutNulls } from '../../src/inventory/vars.ts'
import { secret } from '../../src/masking/secret.ts'

const GROUPS = ['g0', 'g1', 'g2', 'g3', 'g4']
const name = fc.constantFrom('a', 'b')
const { vars } = fc.letrec<{ vars: Vars; value: Value }>((tie) => ({
  vars: fc.dictionary(name, tie('value'), { maxKeys: 2 }),
  value: fc.oneof({ maxDepth: 2 }, fc.constantFrom(null, 1, 2, 'x'), fc.constant([1]), tie('vars')),
}))

/** A graph without circles: a group may only contain later ones. */
const graph = fc
  .array(fc.tuple(fc.nat(GROUPS.length - 1), fc.nat(GROUPS.length - 1)), { maxLength: 8 })
  .map((edges) => edges.filter(([outer, inner]) => outer < inner))

const hostsFile = (edges: readonly (readonly [number, number])[], groups: readonly string[]): HostsFile => ({
  groups: Object.fromEntries(
    GROUPS.map((group, i) => [
      group,
      { groups: [...new Set(edges.flatMap(([outer, inner]) => (outer === i ? [`g${inner}`] : [])))] },
    ]),
  ),
  tiers: { web: { hosts: { h: { address: 'h', groups: [...groups] } } } },
})
const membership = (edges: readonly (readonly [number, number])[], groups: readonly string[] = GROUPS) =>
  membershipOf({ data: hostsFile(edges, groups), origins: new Map() }, ['web'])

/** The definition: whether a way leads from one to the other, however long. */
const reaches = (edges: readonly (readonly [number, number])[], from: number, to: number): boolean => {
  const reached = new Set<number>()
  for (let i = 0; i <= GROUPS.length; i++) {
    for (const [outer, inner] of edges) if (outer === from || reached.has(outer)) reached.add(inner)
  }
  return reached.has(to)
}

const level = (vars: Vars): Level => ({ vars, origins: new Map([['', { file: 'f', line: 1, col: 1 }]]) })

describe('containment', () => {
  test('is what ways lead to, and a host is in all groups around its own, outer ones first', () => {
    fc.assert(
      fc.property(graph, fc.subarray(GROUPS), (edges, own) => {
        const { of, contains, groups } = membership(edges, own)
        GROUPS.forEach((outer, i) => {
          GROUPS.forEach((inner, j) => {
            expect(contains(outer, inner)).toBe(reaches(edges, i, j))
          })
          const inIt = own.includes(outer) || own.some((one) => reaches(edges, i, GROUPS.indexOf(one)))
          expect(of('h').includes(outer)).toBe(inIt)
          expect(groups.find((group) => group.name === outer)?.hosts).toEqual(inIt ? ['h'] : [])
        })
        of('h').forEach((one, i) => {
          for (const later of of('h').slice(i + 1)) expect(contains(later, one)).toBe(false)
        })
      }),
    )
  })

  test('is a problem exactly where groups are in one another in a circle', () => {
    const node = fc.nat(GROUPS.length - 1)
    fc.assert(
      fc.property(fc.array(fc.tuple(node, node), { maxLength: 8 }), (edges) => {
        const { problems } = membership(edges)
        expect(problems.length > 0).toBe(GROUPS.some((_, i) => reaches(edges, i, i)))
        for (const { message } of problems) expect(message).toMatch(/in a circle: (g\d) → (.* → )?\1$/)
      }),
      { numRuns: 500 },
    )
  })
})

describe('what groups set', () => {
  const setting = fc.tuple(graph, fc.array(vars, { minLength: GROUPS.length, maxLength: GROUPS.length }))
  const levels = (edges: readonly (readonly [number, number])[], all: readonly Vars[]) => {
    const { groups } = membership(edges)
    return groups.map(({ name: group }) => ({ group, level: level(all[GROUPS.indexOf(group)] ?? {}) }))
  }

  test('does not depend on the order of groups that are not in one another, or is a conflict in every order', () => {
    fc.assert(
      fc.property(setting, fc.infiniteStream(fc.nat(100)), ([edges, all], dice) => {
        const { contains } = membership(edges)
        const given = levels(edges, all)
        const other = anyOrder(given, (one, two) => contains(one.group, two.group), dice)
        const [one, two] = [mergeGroups(given, contains), mergeGroups(other, contains)]
        expect(two.conflicts.length > 0).toBe(one.conflicts.length > 0)
        if (one.conflicts.length === 0) {
          expect(withoutNulls(two.level.vars)).toEqual(withoutNulls(one.level.vars))
          // With levels under and over it, where a null and a mapping that starts anew count.
          const among = (level: Level) => mergeLevels([{ ...LOW, origins: new Map() }, level]).vars
          expect(withoutNulls(among(two.level))).toEqual(withoutNulls(among(one.level)))
        }
      }),
      { numRuns: 800 },
    )
  })

  test('is in conflict exactly where some order of them gives another outcome, as far as scalars go', () => {
    const flat = fc.dictionary(name, fc.constantFrom(null, 1, 2), { maxKeys: 2 })
    fc.assert(
      fc.property(graph, fc.array(flat, { minLength: 5, maxLength: 5 }), (edges, all) => {
        const { contains } = membership(edges)
        const given = levels(edges, all)
        const outcomes = new Set(
          orders(given, (one, two) => contains(one.group, two.group)).map((order) => {
            const { vars } = mergeLevels(order.map(({ level }) => level))
            return JSON.stringify([vars.a, vars.b])
          }),
        )
        expect(mergeGroups(given, contains).conflicts.length > 0).toBe(outcomes.size > 1)
      }),
      { numRuns: 300 },
    )
  })

  test.each<[string, Vars, Vars, readonly string[]]>([
    ['the same secrets', { a: secret('s') }, { a: secret('s') }, []],
    ['other secrets', { a: secret('s') }, { a: secret('t') }, ['/a']],
    ['a secret and a plain value', { a: secret('s') }, { a: 's' }, ['/a']],
    ['equal lists of mappings', { a: [{ b: 1 }] }, { a: [{ b: 1 }] }, []],
    ['other lists', { a: [{ b: 1 }] }, { a: [{ b: 1, c: 1 }] }, ['/a']],
    ['a mapping and a scalar', { a: { b: 1 } }, { a: 1 }, ['/a']],
    ['mappings that complete each other', { a: { b: 1 } }, { a: { c: 1 } }, []],
    ['mappings with one leaf that differs', { a: { b: 1, c: { d: 1 } } }, { a: { c: { d: 2 } } }, ['/a/c/d']],
    ['a null and a value', { a: null }, { a: 1 }, ['/a']],
  ])('%s', (_, one, other, pointers) => {
    const { conflicts } = mergeGroups(
      [
        { group: 'x', level: level(one) },
        { group: 'y', level: level(other) },
      ],
      () => false,
    )
    expect(conflicts.map(({ pointer }) => pointer)).toEqual(pointers)
  })
})

const LOW: Level = { vars: { a: { low: 1, a: { low: 1 } }, b: { low: 1 } }, origins: new Map() }

type Before<T> = (one: T, other: T) => boolean

/** Some order in which each comes before those that must come after it. */
function anyOrder<T>(all: readonly T[], before: Before<T>, dice: fc.Stream<number>): T[] {
  const left = [...all]
  const order: T[] = []
  while (left.length > 0) {
    const free = left.filter((one) => !left.some((other) => before(other, one)))
    const [roll = 0] = [...dice.take(1)]
    const next = free[roll % free.length] ?? left[0]
    if (next === undefined) break
    left.splice(left.indexOf(next), 1)
    order.push(next)
  }
  return order
}

function orders<T>(all: readonly T[], before: Before<T>): T[][] {
  if (all.length === 0) return [[]]
  const free = all.filter((one) => !all.some((other) => before(other, one)))
  return free.flatMap((first) =>
    orders(
      all.filter((one) => one !== first),
      before,
    ).map((rest) => [first, ...rest]),
  )
}
