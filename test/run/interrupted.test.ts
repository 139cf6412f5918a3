import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { fakeProject } from '../host/fake-project.ts'

/** Execs of a run of two hosts, one after the other; the other of them is never begun. */
const EXECS = [
  ...['reading the first host', 'reading the second', 'marking', 'draining', 'waiting for the drain', 'changing'],
  ...[
    'looking at the change',
    'asking a gate',
    'putting back',
    'waiting for that',
    'taking the mark away',
    'verifying',
  ],
]

test('a second Ctrl-C ends the run at once, in every phase, as what it is', { timeout: 300_000 }, async () => {
  const project = await fakeProject(['web1', 'web2'], 'new')
  for (const [at, phase] of EXECS.entries()) {
    project.reset('old')
    let execs = 0
    project.onExec(() => (execs++ === at ? { what: 'hang' } : undefined))
    const user = new AbortController()
    let isAsked = false
    const running = project.run({ stop: { requested: () => isAsked, signal: user.signal } }, { forks: 1 })
    await vi.waitUntil(() => execs > at, { timeout: 60_000 })
    isAsked = true
    const logins = project.logins()
    user.abort()
    const { results } = await Promise.race([running, sleep(20_000, undefined, { ref: false })]).then((done) => {
      if (!done) throw new Error(`it goes on while ${phase}`)
      return done
    })
    const failures = results.map(({ failure }) => failure)
    const hand = at === 1 ? 1 : 0
    expect(failures[hand], phase).toMatchObject({
      code: 'aborted',
      message: 'aborted by the user',
      hint: expect.stringContaining('run again'),
    })
    expect(failures[1 - hand], phase).toMatchObject({ code: 'stopped' })
    expect(project.logins(), phase).toBe(logins)
    project.onExec(() => undefined)
    await project.quiet()
    for (const host of project.hosts.values()) host.later(31)
    // The one that was not begun is brought to its state in its turn: once is enough.
    if (at > 1)
      for (const file of ['etc/site.conf', 'seen', 'published']) project.hosts.get('web2')?.write(file, 'new\n')
    const again = await project.run({}, { forks: 1 })
    expect(
      again.results.map(({ failure }) => failure),
      phase,
    ).toEqual([undefined, undefined])
    expect(project.web1.read('published'), phase).toBe('new\n')
    expect(project.web1.read('state/drained'), phase).toBeUndefined()
  }
})

test('a host whose lock another run has taken meanwhile fails, and says how it was left', async () => {
  const project = await fakeProject(['web1'], 'new')
  project.reset('old')
  let execs = 0
  // While the balancer is asked whether the host is out.
  project.onExec(() => (execs++ === 3 ? { what: 'hang' } : undefined))
  const target = () => ({ ...project.web1.target, leaseMs: 3000 })
  const running = project.run({ target })
  await vi.waitUntil(() => execs > 3, { timeout: 60_000 })
  const lock = project.web1.read('state/lock') ?? ''
  project.web1.write('state/lock', lock.split('\n').with(0, 'other').join('\n'))
  const { results } = await running
  expect(results).toMatchObject([
    {
      outcome: 'failed',
      changed: [],
      drained: true,
      failure: {
        code: 'locked',
        message: 'another run took over this host, whose lock was held',
        hint: expect.stringMatching(/run again.*it stays out of service/),
      },
    },
  ])
  expect(project.web1.read('etc/site.conf')).toBe('old\n')
  // What the other one holds is left to it.
  expect(project.web1.read('state/lock')).toContain('other')
})

test('a host that another run is at work on for too long fails, unchanged, and says who holds it; the other goes on', async () => {
  const project = await fakeProject(['web1'], 'new')
  project.reset('old')
  const { web1 } = project
  const slow = 'until [ -e $root/go ]; do /bin/sleep 0.1; done\ncp $root/etc/site.conf $root/seen\n'
  web1.write('units/site.service/start', slow)
  const first = project.run()
  await vi.waitUntil(() => web1.read('etc/site.conf') === 'new\n', { timeout: 60_000 })
  const second = await project.run()
  expect(second.results).toMatchObject([
    {
      outcome: 'failed',
      changed: [],
      failure: {
        code: 'locked',
        message: expect.stringMatching(/^another run changes this host: \S+@\S+, since \d{4}-\d\d-\d\dT/),
      },
    },
  ])
  web1.write('go', '')
  expect((await first).results).toMatchObject([{ outcome: 'changed', pendingHandlers: [], putBack: true }])
})
