import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { begin } from './begin.ts'

const begun = (input: string, env: Record<string, string> = { PATH: '/usr/bin:/bin' }) => {
  const one = begin({ file: 'dash', args: [], input, cwd: '/', env })
  const said = { out: '', err: '' }
  one.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text
  })
  one.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text
  })
  return { ...one, said }
}

test('what a program says is heard, whole, and its status', async () => {
  const one = begun('echo "in $PWD $A"; echo err >&2; seq 100000; exit 7', { PATH: '/usr/bin:/bin', A: "it's" })
  expect(await one.ended).toBe(7)
  expect(one.said.err).toBe('err\n')
  expect(one.said.out).toBe(`in / it's\n${Array.from({ length: 100_000 }, (_, i) => `${i + 1}\n`).join('')}`)
})

test('many at once, each with its own, and again in the same pipes', async () => {
  for (const round of [1, 2, 3]) {
    const all = Array.from({ length: 8 }, (_, i) => begun(`sleep 0.0${i}; echo ${round} ${i}; exit ${i}`))
    expect(await Promise.all(all.map(({ ended }) => ended))).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(all.map(({ said }) => said.out)).toEqual(all.map((_, i) => `${round} ${i}\n`))
  }
})

test('input that no pipe holds arrives, and what is not read is no error', async () => {
  const big = 'x'.repeat(300_000)
  const counted = begin({ file: 'wc', args: ['-c'], input: big, cwd: '/', env: process.env })
  let said = ''
  counted.stdout.on('data', (text) => {
    said += text
  })
  counted.stderr.resume()
  expect(await counted.ended).toBe(0)
  expect(said).toBe('300000\n')
  expect(await begun(`exit 3\n${big}`).ended).toBe(3)
})

test('it is killed with everything that it started, also before it has begun', async () => {
  const one = begun('sleep 60 & echo started; wait')
  await new Promise<void>((resolve) => one.stdout.once('data', () => resolve()))
  one.kill()
  expect(await one.ended).toBe(128 + 9)
  const other = begun('sleep 60')
  other.kill()
  expect(await Promise.race([other.ended, sleep(20_000, 'still there', { ref: false })])).toBe(128 + 9)
})

test('what it leaves behind is waited for, as long as it holds its output', async () => {
  const one = begun('{ sleep 0.2; echo later; } & echo now')
  expect(await one.ended).toBe(0)
  expect(one.said.out).toBe('now\nlater\n')
})
