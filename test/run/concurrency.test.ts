import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { concurrency } from '../../src/run/concurrency.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Works that end when they are told to, and how many were under way at most. */
const works = (forks: number) => {
  const place = concurrency({ forks, patienceMs: 1000 })
  const ends = new Map<string, () => void>()
  const begun: string[] = []
  let most = 0
  return {
    begun,
    most: () => most,
    run: (name: string, takes = Number.POSITIVE_INFINITY) =>
      place(async () => {
        begun.push(name)
        most = Math.max(most, ends.size + 1)
        await new Promise<void>((resolve) => {
          ends.set(name, resolve)
          if (takes < Number.POSITIVE_INFINITY) setTimeout(resolve, takes)
        })
        ends.delete(name)
      }),
    end: (name: string) => ends.get(name)?.(),
  }
}

test('so many at a time, in their order', async () => {
  const { run, begun, end } = works(2)
  const all = ['a', 'b', 'c', 'd'].map((name) => run(name))
  expect(begun).toEqual(['a', 'b'])
  end('b')
  await all[1]
  expect(begun).toEqual(['a', 'b', 'c'])
})

test('one that is waited for gives its place to the next, and goes on', async () => {
  const { run, begun, end } = works(2)
  const silent = run('silent')
  run('a')
  run('b')
  await vi.advanceTimersByTimeAsync(999)
  expect(begun).toEqual(['silent', 'a'])
  await vi.advanceTimersByTimeAsync(1)
  expect(begun).toEqual(['silent', 'a', 'b'])
  end('silent')
  await silent
})

test.each([50, 500, 5000])(
  'of %i hosts one in ten is silent and one in twenty slow: they hold up nobody',
  async (hosts) => {
    const { run, most } = works(25)
    const began = Date.now()
    const takes = (i: number) => (i % 10 === 3 ? 10_000 : i % 20 === 7 ? 5000 : 700)
    const all = Array.from({ length: hosts }, (_, i) => run(`h${i}`, takes(i)))
    await vi.runAllTimersAsync()
    await Promise.all(all)
    expect(most()).toBeLessThanOrEqual(100)
    // Were all well, 700 ms a host in 25 places; a host that is waited for takes a place for a second.
    expect(Date.now() - began).toBeLessThan((hosts / 25) * 700 * 1.3 + 10_000)
  },
)

test('where nothing is well, no more than four times as many are under way', async () => {
  const { run, most } = works(25)
  const all = Array.from({ length: 500 }, (_, i) => run(`h${i}`, 10_000))
  await vi.runAllTimersAsync()
  await Promise.all(all)
  expect(most()).toBe(100)
})

test('one at a time is one at a time', async () => {
  const { run, most } = works(1)
  const all = ['a', 'b', 'c'].map((name) => run(name, 10_000))
  await vi.runAllTimersAsync()
  await Promise.all(all)
  expect(most()).toBe(1)
})

test('a process that is slow itself gives no place away', async () => {
  const { run, begun } = works(2)
  for (const name of ['a', 'b', 'c']) run(name)
  // The timer comes when the process has been busy for as long again.
  const now = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 2000)
  await vi.advanceTimersByTimeAsync(1000)
  expect(begun).toEqual(['a', 'b'])
  now.mockRestore()
})

test('one that fails leaves its place', async () => {
  const place = concurrency({ forks: 1 })
  await expect(place(async () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  await place(async () => undefined)
})
