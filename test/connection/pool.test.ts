import { describe, expect, test } from 'vitest'
import type { Connection } from '../../src/connection/connection.ts'
import { createPool, type Pool } from '../../src/connection/pool.ts'
import { ProvisionError } from '../../src/errors.ts'
import { aHost } from './host-fixture.ts'

/** Connections in memory that answer with their own number. */
const memory = (keptOpen?: number, keptSpare?: number) => {
  const opened: { number: number; closed: number }[] = []
  const failing = {
    exec: undefined as ProvisionError | undefined,
    open: undefined as ProvisionError | undefined,
    /** What an answer waits for. */
    answer: undefined as Promise<void> | undefined,
  }
  const open = async (): Promise<Connection> => {
    await Promise.resolve()
    if (failing.open) throw failing.open
    const state = { number: opened.length + 1, closed: 0 }
    opened.push(state)
    return {
      exec: async () => {
        await failing.answer
        if (failing.exec) throw failing.exec
        return { status: 0, stdout: `é${state.number}`, stderr: '' }
      },
      close: async () => {
        state.closed += 1
      },
    }
  }
  return { opened, failing, pool: createPool(open, keptOpen, keptSpare) }
}
const host = aHost()
const cut = new ProvisionError('link lost', { code: 'unreachable' })

test('one connection per host however many ask at once', async () => {
  const { opened, pool } = memory()
  expect(opened).toHaveLength(0)
  const [a, b] = await Promise.all([pool.get(host), pool.get(host)])
  expect(a).toBe(b)
  expect(opened).toHaveLength(1)
})

test('a fresh one is new, stands beside the first and is counted with it', async () => {
  const { pool } = memory()
  const first = await pool.get(host)
  const fresh = await pool.fresh(host)
  expect((await first.exec('ü')).stdout).toBe('é1')
  expect((await fresh.exec('abc')).stdout).toBe('é2')
  expect(pool.traffic(host)).toEqual({ execs: 2, connects: 2, bytesOut: 5, bytesIn: 6 })
})

test('a login that failed is tried again at the next call', async () => {
  const { failing, pool } = memory()
  failing.open = cut
  await expect(pool.get(host)).rejects.toBe(cut)
  failing.open = undefined
  expect((await (await pool.get(host)).exec('x')).stdout).toBe('é1')
})

test('a connection whose link is lost is closed and not handed out again', async () => {
  const { failing, opened, pool } = memory()
  const first = await pool.get(host)
  failing.exec = cut
  await expect(first.exec('x')).rejects.toBe(cut)
  failing.exec = undefined
  expect((await (await pool.get(host)).exec('x')).stdout).toBe('é2')
  expect(opened[0]?.closed).toBe(1)
})

test('another failure keeps the connection', async () => {
  const { failing, opened, pool } = memory()
  failing.exec = new ProvisionError('slow', { code: 'timeout' })
  await expect((await pool.get(host)).exec('x')).rejects.toMatchObject({ code: 'timeout' })
  await pool.get(host)
  expect(opened).toHaveLength(1)
})

test('closes all, each once, those being opened included', async () => {
  const { opened, pool } = memory()
  await pool.get(host)
  await (await pool.fresh(host)).close()
  void pool.fresh(host)
  await pool.close()
  expect(opened.map(({ closed }) => closed)).toEqual([1, 1, 1])
})

describe('of thousands of hosts', () => {
  const named = (name: string) => ({ ...host, name })
  const speak = async (pool: Pool, name: string) => (await (await pool.get(named(name))).exec('x')).stdout

  test.each([50, 500, 5000])('%i, a few connections stay open: those that were used last', async (hosts) => {
    const { opened, pool } = memory(10)
    for (let i = 1; i <= hosts; i += 1) await speak(pool, `h${i}`)
    expect(opened.filter(({ closed }) => closed === 0).map(({ number }) => number)).toEqual(
      Array.from({ length: 10 }, (_, i) => hosts - 9 + i),
    )
    expect(opened.every(({ closed }) => closed <= 1)).toBe(true)
  })

  test('the connection of one that is spoken to again is another, or the same where it was among the last', async () => {
    const { pool } = memory(2)
    for (const name of ['a', 'b', 'a', 'c']) await speak(pool, name)
    expect([await speak(pool, 'a'), await speak(pool, 'b')]).toEqual(['é1', 'é4'])
    expect(pool.traffic(named('b'))).toMatchObject({ execs: 2, connects: 2 })
  })

  test.each([50, 500, 5000])('%i with which the run is through, few connections stay open', async (hosts) => {
    const { opened, pool } = memory(hosts, 10)
    for (let i = 1; i <= hosts; i += 1) {
      await speak(pool, `h${i}`)
      // One in ten has work: it waits for its turn.
      if (i % 10 > 0) pool.spare(named(`h${i}`))
    }
    expect(opened.filter(({ closed }) => closed === 0)).toHaveLength(hosts / 10 + 10)
    expect(opened.every(({ closed }) => closed <= 1)).toBe(true)
  })

  test('one with which the run is through may be spoken to all the same, and has a connection of its own then', async () => {
    const { opened, pool } = memory(2, 1)
    for (const name of ['a', 'b']) {
      await speak(pool, name)
      pool.spare(named(name))
    }
    expect(opened.map(({ closed }) => closed)).toEqual([1, 0])
    expect([await speak(pool, 'b'), await speak(pool, 'a')]).toEqual(['é2', 'é3'])
    pool.spare(named('unheard of'))
    pool.spare(named('a'))
    pool.spare(named('a'))
    expect(opened.map(({ closed }) => closed)).toEqual([1, 0, 0])
  })

  test('no more than twenty are closed in one turn of the event loop', async () => {
    const { opened, pool } = memory(300)
    for (let i = 1; i <= 300; i += 1) await speak(pool, `h${i}`)
    const closed = () => opened.filter((one) => one.closed > 0).length
    const steps: number[] = []
    let before = 0
    const look = () => {
      steps.push(closed() - before)
      before = closed()
      if (before < 300) setImmediate(look)
    }
    setImmediate(look)
    await pool.close()
    expect(Math.max(...steps)).toBeLessThanOrEqual(20)
    expect(closed()).toBe(300)
  })

  test('none is closed over which something is said, or is about to be', async () => {
    const { opened, failing, pool } = memory(0)
    const [a, b] = [await pool.get(named('a')), await pool.get(named('b'))]
    let answer: () => void = () => undefined
    failing.answer = new Promise<void>((resolve) => {
      answer = resolve
    })
    const both = [a.exec('x'), a.exec('y')]
    failing.answer = undefined
    await b.exec('x')
    expect(opened.map(({ closed }) => closed)).toEqual([0, 1])
    answer()
    await Promise.all(both)
    expect(opened.map(({ closed }) => closed)).toEqual([1, 1])
  })

  test('one that was asked for waits for its user', async () => {
    const { opened, pool } = memory(1)
    await speak(pool, 'a')
    const a = await pool.get(named('a'))
    for (const name of ['b', 'c', 'd']) await speak(pool, name)
    expect(opened.map(({ closed }) => closed)).toEqual([0, 1, 1, 0])
    expect((await a.exec('x')).stdout).toBe('é1')
  })

  test('one whose link is lost is not among those that stay open', async () => {
    const { opened, failing, pool } = memory(1)
    failing.exec = cut
    await expect(speak(pool, 'a')).rejects.toBe(cut)
    failing.exec = undefined
    await speak(pool, 'b')
    await pool.get(named('b'))
    expect(opened.map(({ closed }) => closed)).toEqual([1, 0])
  })
})
