import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { atWork, LOCKED, releaseLock, STALE, takeLock } from '../../src/execute/lock.ts'
import { STATE_DIR } from '../../src/plan/target-state.ts'
import { applyScript } from '../../src/shell/frame.ts'
import { joinScripts, rawScript } from '../../src/shell/script.ts'
import { dash } from '../shell/dash.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lock-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const run = (id: string) => ({ id, who: `${id}@desk` })
const here = (script: string) => script.replaceAll(STATE_DIR, dir)
const take = (id: string, planned: string, before = '') => {
  // One second of patience.
  const guard = here(takeLock(run(id), planned).sh).replace('now + 45', 'now + 1')
  return dash(`${before}\nguard() {\n${guard}\n}\nguard`)
}
/** As if a script of another run were at work. */
const atWorkNow = () => `exec 8>>${dir}/apply.lock; flock 8`
/** Lets a run's lease end so many seconds from now. */
const leaseEnds = (seconds: number) => {
  const lock = join(dir, 'lock')
  const until = Math.floor(Number.parseFloat(readFileSync('/proc/uptime', 'utf8'))) + seconds
  writeFileSync(lock, readFileSync(lock, 'utf8').split('\n').with(2, String(until)).join('\n'))
}
const release = (id: string) => dash(here(releaseLock(run(id)).sh))
const generation = () => readFileSync(join(dir, 'generation'), 'utf8').trim()

test('one run after the other', () => {
  expect(take('a', '').status).toBe(0)
  expect(take('a', '').status).toBe(0)
  release('a')
  expect(take('b', generation()).status).toBe(0)
})

test('a run goes on after it gave the lock back', () => {
  take('a', '')
  release('a')
  expect(take('a', 'a').status).toBe(0)
})

test.each([
  ['before', ''],
  ['during', 'a'],
])('a plan made %s the run of another is refused, and one made afterwards is not', (_, planned) => {
  take('a', '')
  release('a')
  const refused = take('b', planned)
  expect(refused.status).toBe(STALE)
  expect(refused.stdout).toContain('planning anew')
  expect(take('b', generation()).status).toBe(0)
})

test('who holds the lock is told', () => {
  take('a', '')
  const refused = take('b', 'a', atWorkNow())
  expect(refused.status).toBe(LOCKED)
  expect(refused.stdout).toMatch(
    /^waiting for another run to end: a@desk, since \d{4}-.*\n.*changes this host: a@desk, since/,
  )
})

test('C50: what a script is at, and how long that may take, is told to who waits for it', async () => {
  const step = joinScripts([atWork('command:a slow one', 90), rawScript('sleep 4')])
  const script = here(applyScript('N', takeLock(run('a'), ''), [{ id: 'step', script: step, timeout: 90 }]).sh)
  const dead = spawn('dash', { stdio: ['pipe', 'ignore', 'ignore'] })
  dead.stdin.end(script)
  await vi.waitUntil(() => existsSync(join(dir, 'at-work')) && readFileSync(join(dir, 'at-work'), 'utf8') !== '', 5000)
  const refused = take('b', 'a')
  expect(refused.status).toBe(LOCKED)
  const at = 'a@desk, since \\S+; at work on command:a slow one, which may take up to 90 s'
  expect(refused.stdout).toMatch(
    new RegExp(`^waiting for another run to end: ${at}\nanother run changes this host: ${at}\n$`),
  )
  await once(dead, 'close')
  // Of the one that has ended nothing is told to who waits for its lease.
  take('a', 'a')
  expect(take('b', 'a', atWorkNow()).stdout).not.toContain('slow one')
})

test('a lock that can not be written is said by its status: the shell goes on', () => {
  mkdirSync(join(dir, 'apply.lock'))
  const refused = take('a', '', 'trap "echo went on" EXIT')
  expect([refused.status, refused.stdout]).toEqual([1, 'went on\n'])
  const guarded = dash(`guard() {\n${here(takeLock(run('a'), '').sh)}\n}\nguard; echo "rc=$?"`)
  expect(guarded.stdout).toBe('rc=1\n')
})

test('a run that died gives way; what was planned before is planned anew', () => {
  take('a', '')
  leaseEnds(0)
  expect(take('b', 'a').status).toBe(STALE)
  expect(generation()).toBe('a.died')
  expect(take('b', generation()).status).toBe(0)
  expect(generation()).toBe('b')
})

test('a lease that stands is waited for, however short the patience', () => {
  take('a', '')
  leaseEnds(3)
  const waited = take('b', 'a')
  expect(waited.status).toBe(STALE)
  expect(waited.stdout).toContain('waiting for another run to end: a@desk')
})

test('nobody gives back the lock of another', () => {
  take('a', '')
  release('b')
  expect(generation()).toBe('a')
  expect(take('b', 'a', atWorkNow()).status).toBe(LOCKED)
})

test('what a step leaves running does not hold the lock', () => {
  const fragment = { id: 'step', script: rawScript('sleep 5 >/dev/null 2>&1 &'), timeout: 5 }
  dash(here(applyScript('N', takeLock(run('a'), ''), [fragment]).sh))
  release('a')
  expect(take('b', generation()).status).toBe(0)
})

test('a lock from before a reboot holds nobody up', () => {
  take('a', '')
  const lock = join(dir, 'lock')
  writeFileSync(lock, readFileSync(lock, 'utf8').split('\n').with(1, 'another-boot').join('\n'))
  take('b', 'a')
  expect(take('b', generation()).status).toBe(0)
})
