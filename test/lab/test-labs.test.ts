import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { hold, withLock } from '../../src/lab/lock.ts'
import { testLab } from './test-labs.ts'

test('a lab of a test is at the same place each time, and no other one is there', () => {
  expect(testLab('ufw', '/home/ann/provision/')).toEqual(testLab('ufw', '/home/ann/provision/'))
  expect(testLab('ufw').name).toMatch(/^ufw-[0-9a-f]{6}$/)
  expect(testLab('ufw').subnet).toMatch(/^10\.[12]\d\d\.\d+$/)
  expect(testLab('ufw').subnet).not.toBe(testLab('stack').subnet)
})

test('two checkouts share neither names nor networks', () => {
  const [mine, other] = [testLab('stack', '/home/ann/provision/'), testLab('stack', '/home/ann/again/')]
  expect(mine.name).not.toBe(other.name)
  expect(mine.subnet).not.toBe(other.subnet)
})

test('a name is held by one process, until that lets it go', async () => {
  const name = `unit-${process.pid}`
  const release = await hold(name)
  await expect(hold(name)).rejects.toThrow(`Another process is at work on ${name}`)
  release()
  expect(await withLock(name, async () => 'done')).toBe('done')
})

test('what a killed process held is free', async () => {
  const name = `unit-killed-${process.pid}`
  const script = `import { createJiti } from 'jiti'
    const { hold } = await createJiti('${import.meta.url}').import('../../src/lab/lock.ts')
    await hold('${name}')
    console.log('held')
    setInterval(() => 0, 1000)`
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(holder.stdout, 'data')
  await expect(hold(name)).rejects.toThrow('Another process')
  holder.kill('SIGKILL')
  await withLock(name, async () => undefined)
})
