import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { policyGuard } from '../../../src/resources/package/policy-rc.ts'

let dir: string
let policy: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'policy rc-'))
  policy = join(dir, 'policy-rc.d')
})
afterEach(() => rmSync(dir, { recursive: true }))

const OWN = '#!/bin/sh\nexit 104\n'
const writeOwn = () => {
  writeFileSync(policy, OWN)
  chmodSync(policy, 0o755)
}

/** Runs the guard and then these lines, in dash. */
const guarded = (lines: string) =>
  spawnSync('dash', ['-eu'], { input: `${policyGuard(policy, `${policy}.stopped`).sh}\n${lines}\n`, encoding: 'utf8' })
const ask = () => spawnSync(policy, ['nginx', 'start']).status

/** Leaves the guard's file behind, as a power cut would. */
const killed = async () => {
  const child = spawn('dash', ['-eu'], { stdio: ['pipe', 'pipe', 'inherit'], detached: true })
  child.stdin.end(`${policyGuard(policy, `${policy}.stopped`).sh}\necho ready\nsleep 60\n`)
  await once(child.stdout, 'data')
  // The group, so that its sleep goes too.
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  await once(child, 'exit')
}

test('forbids while the shell runs, and is gone afterwards', () => {
  const { stdout, status } = guarded('"$policy" nginx start || echo "said $?"')
  expect({ stdout, status }).toEqual({ stdout: 'said 101\n', status: 0 })
  expect(readdirSync(dir)).toEqual([])
})

test('lets a service be stopped, as what is removed or upgraded wants', () => {
  expect(guarded('"$policy" nginx stop && "$policy" nginx "(stop)" && echo yes').stdout).toBe('yes\n')
  expect(guarded('"$policy" nginx restart || echo "said $?"').stdout).toBe('said 101\n')
})

test('is gone after a failure too, and the failure stays', () => {
  expect(guarded('exit 100').status).toBe(100)
  expect(readdirSync(dir)).toEqual([])
})

test("a user's own is put back as it was", () => {
  writeOwn()
  expect(guarded('"$policy" nginx start || echo "said $?"').stdout).toBe('said 101\n')
  expect(readFileSync(policy, 'utf8')).toBe(OWN)
  expect(ask()).toBe(104)
  expect(readdirSync(dir)).toEqual(['policy-rc.d'])
})

test("what a killed run left forbids nothing, and asks the user's own", async () => {
  await killed()
  expect(existsSync(policy)).toBe(true)
  expect(ask()).toBe(0)
  rmSync(policy)
  writeOwn()
  await killed()
  expect(readFileSync(policy, 'utf8')).not.toBe(OWN)
  expect(ask()).toBe(104)
})

test("the next run clears it up and keeps the user's own", async () => {
  writeOwn()
  await killed()
  expect(guarded('"$policy" nginx start || echo "said $?"').stdout).toBe('said 101\n')
  expect(readFileSync(policy, 'utf8')).toBe(OWN)
  expect(readdirSync(dir)).toEqual(['policy-rc.d'])
})
