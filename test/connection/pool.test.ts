import { expect, test } from 'vitest'
import type { Connection } from '../../src/connection/connection.ts'
import { createPool } from '../../src/connection/pool.ts'
import { ProvisionError } from '../../src/errors.ts'
import { aHost } from './host-fixture.ts'

/** Connections in memory that answer with their own number. */
const memory = () => {
  const opened: { number: number; closed: number }[] = []
  const failing = { exec: undefined as ProvisionError | undefined, open: undefined as ProvisionError | undefined }
  const open = async (): Promise<Connection> => {
    await Promise.resolve()
    if (failing.open) throw failing.open
    const state = { number: opened.length + 1, closed: 0 }
    opened.push(state)
    return {
      exec: async () => {
        if (failing.exec) throw failing.exec
        return { status: 0, stdout: `é${state.number}`, stderr: '' }
      },
      close: async () => {
        state.closed += 1
      },
    }
  }
  return { opened, failing, pool: createPool(open) }
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
