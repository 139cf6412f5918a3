import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { atWork, LOCKED, LOST, releaseLock, renewLock, STALE, takeLock } from '../../src/host/lock.ts'
import { applyScript } from '../../src/shell/frame.ts'
import { joinScripts, rawScript } from '../../src/shell/script.ts'
import { dash } from '../shell/dash.ts'
import { type FakeHost, fakeHost } from './fake-host.ts'

let host: FakeHost
let dir: string
beforeEach(() => {
  host = fakeHost()
  dir = host.target.stateDir
})

const run = (id: string) => ({ id, who: `${id}@desk` })
const guardOf = (id: string, planned: string) => takeLock(run(id), planned, host.target).sh
/** The host's clock runs as fast as it is waited for. */
const shell = (script: string) => dash(`PATH=${host.target.path}\n${script}`)
const take = (id: string, planned: string, before = '') =>
  shell(`${before}\nguard() {\n${guardOf(id, planned)}\n}\nguard`)
const framed = (steps: Parameters<typeof applyScript>[2]) =>
  applyScript('N', takeLock(run('a'), '', host.target), steps, host.target.path).sh
/** As if a script of another run were at work. */
const atWorkNow = () => `exec 8>>${dir}/apply.lock; flock 8`
const release = (id: string) => shell(releaseLock(run(id), host.target).sh)
const renew = (id: string) => shell(renewLock(run(id), host.target).sh).status
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
  const step = joinScripts([
    atWork('command:a slow one', 90, host.target),
    rawScript(`until [ -e ${dir}/go-on ]; do /bin/sleep 0.1; done`),
  ])
  const script = framed([{ id: 'step', script: step, timeout: 90 }])
  const dead = spawn('dash', { stdio: ['pipe', 'ignore', 'ignore'] })
  dead.stdin.end(script)
  await vi.waitUntil(() => existsSync(join(dir, 'at-work')) && readFileSync(join(dir, 'at-work'), 'utf8') !== '', 5000)
  const refused = take('b', 'a')
  expect(refused.status).toBe(LOCKED)
  const at = 'a@desk, since \\S+; at work on command:a slow one, which may take up to 90 s'
  expect(refused.stdout).toMatch(
    new RegExp(`^waiting for another run to end: ${at}\nanother run changes this host: ${at}\n$`),
  )
  host.write('state/go-on', '')
  await once(dead, 'close')
  // Of the one that has ended nothing is told to who waits for its lease.
  take('a', 'a')
  expect(take('b', 'a', atWorkNow()).stdout).not.toContain('slow one')
})

test('a lock that can not be written is said by its status: the shell goes on', () => {
  mkdirSync(join(dir, 'apply.lock'), { recursive: true })
  const refused = take('a', '', 'trap "echo went on" EXIT')
  expect([refused.status, refused.stdout]).toEqual([1, 'went on\n'])
  const guarded = shell(`guard() {\n${guardOf('a', '')}\n}\nguard; echo "rc=$?"`)
  expect(guarded.stdout).toBe('rc=1\n')
})

test('a run that died gives way; what was planned before is planned anew', () => {
  take('a', '')
  host.later(30)
  expect(take('b', 'a').status).toBe(STALE)
  expect(generation()).toBe('a.died')
  expect(take('b', generation()).status).toBe(0)
  expect(generation()).toBe('b')
})

test('a lease that stands is waited for, however short the patience', () => {
  take('a', '')
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
  dash(framed([fragment]))
  release('a')
  expect(take('b', generation()).status).toBe(0)
})

test('a lock from before a reboot holds nobody up', () => {
  take('a', '')
  host.reboot()
  take('b', 'a')
  expect(take('b', generation()).status).toBe(0)
})

test('a renewal says whether this run still has the lock', () => {
  take('a', '')
  host.later(20)
  expect(renew('a')).toBe(0)
  host.later(20)
  expect(take('b', 'a', atWorkNow()).status).toBe(LOCKED)
  host.later(40)
  take('b', 'a')
  take('b', generation())
  expect([renew('a'), renew('b')]).toEqual([LOST, 0])
  release('b')
  expect(renew('b')).toBe(LOST)
})

test('after a reboot of which nobody made use, the lease counts from there', () => {
  take('a', '')
  host.reboot()
  expect(renew('a')).toBe(0)
  expect(take('b', 'a', atWorkNow()).status).toBe(LOCKED)
})
