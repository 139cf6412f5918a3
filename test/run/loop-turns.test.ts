import { afterEach, beforeEach, expect, test } from 'vitest'
import { loopTurns, mapInTurns } from '../../src/run/loop-turns.ts'

let turn = 0
let next: NodeJS.Immediate
beforeEach(() => {
  const count = () => {
    turn += 1
    next = setImmediate(count)
  }
  count()
})
afterEach(() => clearImmediate(next))

test.each([50, 500, 5000])(
  'each of %i who wait at once goes on in a turn of its own, in their order',
  async (hosts) => {
    const own = loopTurns()
    const seen: number[] = []
    await Promise.all(
      Array.from({ length: hosts }, async () => {
        await own()
        seen.push(turn)
      }),
    )
    expect(new Set(seen).size).toBe(hosts)
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  },
)

test.each([50, 500, 5000])('of %i, no more than twenty are gone through in one turn', async (hosts) => {
  const turns = new Map<number, number>()
  const all = Array.from({ length: hosts }, (_, i) => i)
  const doubled = await mapInTurns(all, (one) => {
    turns.set(turn, (turns.get(turn) ?? 0) + 1)
    return 2 * one
  })
  expect(doubled).toEqual(all.map((one) => 2 * one))
  expect(Math.max(...turns.values())).toBe(20)
})
