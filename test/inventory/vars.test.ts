import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Vars } from '../../src/inventory/inventory.ts'
import { isMapping, type Level, mergeLevels, mergeVars, withoutNulls } from '../../src/inventory/vars.ts'
import { step } from '../../src/problems/pointer.ts'

const name = fc.constantFrom('a', 'b', 'c')
const { vars } = fc.letrec<{ vars: Vars; value: Vars[string] }>((tie) => ({
  vars: fc.dictionary(name, tie('value'), { maxKeys: 3 }),
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, 1, 'x', true),
    fc.array(fc.constantFrom(1, 2), { maxLength: 2 }),
    tie('vars'),
  ),
}))

/** Every value of a level is said to come from the level's own file. */
const levelIn = (file: string, vars: Vars): Level => {
  const pointers = (value: unknown, at: string): string[] => [
    at,
    ...(isMapping(value) ? Object.entries(value) : Array.isArray(value) ? [...value.entries()] : []).flatMap(
      ([key, inside]) => pointers(inside, at + step(key)),
    ),
  ]
  return { vars, origins: new Map(pointers(vars, '').map((pointer) => [pointer, { file, line: 1, col: 1 }])) }
}

describe('mergeVars', () => {
  test('merges mappings deeply; lists and scalars replace; null removes', () => {
    const low = { a: { x: 1, y: { z: 1 } }, list: [1, 2], gone: 1 }
    const high = { a: { y: { w: 2 } }, list: [3], gone: null }
    expect(withoutNulls(mergeVars(low, high))).toEqual({ a: { x: 1, y: { z: 1, w: 2 } }, list: [3] })
  })

  test('a mapping over a null starts anew, whatever lies under both', () => {
    const [role, group, host] = [{ a: { role: 1 } }, { a: null }, { a: { host: 1 } }]
    expect(mergeVars(role, mergeVars(group, host))).toEqual({ a: { host: 1 } })
    expect(mergeVars(mergeVars(role, group), host)).toEqual({ a: { host: 1 } })
  })

  test('nothing over vars, and vars over nothing, are the vars', () => {
    fc.assert(
      fc.property(vars, (one) => {
        expect(mergeVars(one, {})).toEqual(one)
        expect(mergeVars({}, one)).toEqual(one)
      }),
    )
  })

  test('does not matter in which order levels are put together', () => {
    fc.assert(
      fc.property(vars, vars, vars, (a, b, c) => {
        expect(mergeVars(mergeVars(a, b), c)).toEqual(mergeVars(a, mergeVars(b, c)))
      }),
      { numRuns: 1000 },
    )
  })

  test('the highest level always wins, and what it removes is gone', () => {
    fc.assert(
      fc.property(vars, vars, (low, high) => {
        const merged = withoutNulls(mergeVars(low, high))
        for (const [key, value] of Object.entries(high)) {
          if (value === null) expect(key in merged).toBe(false)
          else if (!isMapping(value)) expect(merged[key]).toEqual(value)
        }
      }),
    )
  })

  test('leaves its inputs as they are', () => {
    fc.assert(
      fc.property(vars, vars, (low, high) => {
        const before = JSON.stringify([low, high])
        mergeVars(low, high)
        expect(JSON.stringify([low, high])).toBe(before)
      }),
    )
  })
})

describe('origins', () => {
  test('follow every value: each one is found in the file that its origin names', () => {
    fc.assert(
      fc.property(vars, vars, vars, (a, b, c) => {
        const levels: Readonly<Record<string, Vars>> = { a, b, c }
        const merged = mergeLevels(Object.entries(levels).map(([file, vars]) => levelIn(file, vars)))
        const at = (value: unknown, keys: readonly string[]): unknown =>
          keys.reduce<unknown>((inside, key) => (isMapping(inside) ? inside[key] : undefined), value)
        const check = (value: unknown, keys: readonly string[]): void => {
          if (isMapping(value)) for (const [key, inside] of Object.entries(value)) check(inside, [...keys, key])
          else {
            const origin = merged.origins.get(keys.map(step).join(''))
            expect(origin).toBeDefined()
            expect(at(levels[origin?.file ?? ''], keys)).toEqual(value)
          }
        }
        check(merged.vars, [])
      }),
      { numRuns: 500 },
    )
  })
})
