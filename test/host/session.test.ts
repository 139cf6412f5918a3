import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { apart } from '../../src/host/apart.ts'
import type { ChangeStep, HostSession } from '../../src/host/session.ts'
import { rawScript } from '../../src/shell/script.ts'
import { spokenTo } from './fake-access.ts'
import { type FakeHost, fakeHost } from './fake-host.ts'

let host: FakeHost
beforeEach(() => {
  host = fakeHost('a')
})

const question = (script: string, id = 'q') => ({ id, script: rawScript(script), timeout: 20 })
const step = (script: string, id = 'step'): ChangeStep => ({
  id,
  keys: [`command:${id}`],
  action: 'run',
  timeout: 20,
  script: rawScript(script),
})
const change = (session: HostSession, script: string, generation = '') =>
  session.change({ purpose: 'apply', generation, steps: [step(script)] })
const thrown = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('what is asked', () => {
  it('is answered in one exec, each by its id', async () => {
    const { answers } = await spokenTo([host])
      .session('a')
      .ask(apart([question('echo 1', 'one'), question('exit 3', 'two')]))
    expect([...answers.values()].map(({ id, status, body }) => [id, status, body])).toEqual([
      ['one', 0, '1'],
      ['two', 3, ''],
    ])
    expect(host.scripts).toHaveLength(1)
  })

  it('has no answer where the host answers with something else', async () => {
    host.onExec(() => ({ what: 'garbage', text: 'Welcome!\n' }))
    const { answers } = await spokenTo([host])
      .session('a')
      .ask(apart([question('echo 1')]))
    expect(answers.size).toBe(0)
  })

  it('is shown as it may be seen, where somebody wants to see scripts; housekeeping is not', async () => {
    const { session, events } = spokenTo([host], { showScripts: true })
    const questions = [question('echo sesame')]
    await session('a').ask({ ...apart(questions, () => [question('echo xxx')]), purpose: 'probe' })
    await session('a').ask(apart(questions))
    await session('a').release()
    expect(events).toEqual([expect.objectContaining({ type: 'script', host: 'a', purpose: 'probe' })])
    expect(JSON.stringify(events)).toContain('echo xxx')
    expect(JSON.stringify(events)).not.toContain('sesame')
  })
})

describe('a change', () => {
  it('is told step by step, and its output is masked', async () => {
    const { session, events } = spokenTo([host], { mask: (text) => text.replaceAll('sesame', '***') })
    expect(await change(session('a'), 'echo open sesame')).toBe('applied')
    expect(events.map((event) => ({ ...event, ms: 0 }))).toEqual([
      { type: 'step-started', host: 'a', key: 'command:step', action: 'run', ms: 0 },
      { type: 'output', host: 'a', key: 'command:step', line: 'open ***', ms: 0 },
      { type: 'step-finished', host: 'a', key: 'command:step', ok: true, ms: 0 },
    ])
  })

  it('of several resources in one step names the one that it failed at, and counts those that were done', async () => {
    const { session, events } = spokenTo([host])
    const done: string[] = []
    const script =
      'echo "provision: done: x:a"; echo "provision: done: x:nosuch"; echo "provision: failed: x:b"; exit 1'
    const several = { ...step(script), keys: ['x:a', 'x:b', 'x:c'] }
    const failed = await thrown(
      session('a').change({ purpose: 'apply', generation: '', steps: [several], onDone: (key) => done.push(key) }),
    )
    expect(failed).toMatchObject({
      ...{ message: 'x:b could not be applied (status 1)', resource: 'x:b', log: ['provision: done: x:nosuch'] },
      unheard: ['x:c'],
    })
    expect(done).toEqual(['x:a'])
    const ends = events.flatMap((event) => (event.type === 'step-finished' ? [[event.key, event.ok]] : []))
    expect(ends).toEqual([
      ['x:a', true],
      ['x:b', false],
      ['x:c', false],
    ])
  })

  it('of one resource may print what it likes', async () => {
    const { session, events } = spokenTo([host])
    expect(await change(session('a'), 'echo "provision: done: command:step"')).toBe('applied')
    expect(events.map(({ type }) => type)).toEqual(['step-started', 'output', 'step-finished'])
  })

  it('whose link is lost names all that it may have done meanwhile, heard of or not', async () => {
    const all = [step('echo one', 'one'), step('echo two', 'two'), step('echo three', 'three')]
    const begun = (steps: ChangeStep[]) =>
      spokenTo([host]).session('a').change({ purpose: 'apply', generation: '', steps })
    for (const after of [0, 1]) {
      host.onExec(() => ({ what: 'drop', after }))
      expect(await thrown(begun(all))).toMatchObject({ unheard: ['command:one', 'command:two', 'command:three'] })
      await host.quiet()
    }
    host.onExec(() => undefined)
    expect(await thrown(begun([step('exit 1', 'one'), step(':', 'two')]))).toMatchObject({ code: 'apply', unheard: [] })
  })

  it('of another generation is stale, and nothing is done', async () => {
    await change(spokenTo([host], { run: { id: 'other', who: 'x@y' } }).session('a'), ':')
    host.later(60)
    const { session } = spokenTo([host])
    expect(await change(session('a'), `touch ${host.root}/done`)).toBe('stale')
    expect(existsSync(join(host.root, 'done'))).toBe(false)
  })

  it('whose link is lost goes on by itself, and the lock is not given back under it', async () => {
    host.onExec((n) => (n === 0 ? { what: 'drop', after: 60 } : undefined))
    const { session } = spokenTo([host])
    const one = session('a')
    expect(await thrown(change(one, `sleep 3; touch ${host.root}/done`))).toMatchObject({
      code: 'unreachable',
      hint: expect.stringContaining('run again'),
    })
    await one.release()
    expect(host.scripts).toHaveLength(1)
    await host.quiet()
    expect(existsSync(join(host.root, 'done'))).toBe(true)
    expect(host.read('state/lock')).toContain('run1')
  })
})

describe('a link that was lost', () => {
  it('is made anew for whatever is said next: no dead connection is gone on with', async () => {
    host.onExec((n) => (n === 0 ? { what: 'cut' } : undefined))
    const session = spokenTo([host]).session('a')
    expect(await thrown(change(session, ':'))).toMatchObject({ code: 'unreachable' })
    expect(await change(session, 'echo again')).toBe('applied')
    expect(host.logins()).toBe(2)
  })

  it('is none of a new connection, which is closed when its work is done', async () => {
    const session = spokenTo([host]).session('a')
    await session.ask(apart([question(':')]))
    host.cutLinks()
    const status = await session.fresh(async (anew) => {
      const { answers } = await anew.ask(apart([question('exit 4')]))
      return answers.get('q')?.status
    })
    expect([status, host.logins()]).toEqual([4, 2])
  })
})

describe('when the user wants out at once', () => {
  const ABORTED = { code: 'aborted', message: 'aborted by the user', host: 'a' }

  it.each<[string, (session: HostSession) => Promise<unknown>]>([
    ['a question', (session) => session.ask(apart([question(':')]))],
    ['a change', (session) => change(session, ':')],
    ['a new connection', (session) => session.fresh((anew) => anew.ask(apart([question(':')])))],
    ['a pause', (session) => session.pause(60_000)],
    ['another host', (session) => session.on('a').ask(apart([question(':')]))],
    ['a lock that is held', (session) => session.hold((held) => held.pause(60_000))],
  ])('%s is let go', async (_, work) => {
    const user = new AbortController()
    host.onExec(() => ({ what: 'hang' }))
    const waiting = thrown(work(spokenTo([host], { signal: user.signal }).session('a')))
    setTimeout(() => user.abort(), 50)
    expect(await waiting).toMatchObject(ABORTED)
  })

  it('nobody logs in any more', async () => {
    const session = spokenTo([host], { signal: AbortSignal.abort() }).session('a')
    for (const work of [session.ask(apart([])), session.fresh(async () => 1)]) {
      expect(await thrown(work)).toMatchObject(ABORTED)
    }
    expect(host.logins()).toBe(0)
  })

  it('a login that is under way is not waited for', async () => {
    const user = new AbortController()
    const session = spokenTo([host], { signal: user.signal, connect: () => new Promise(() => {}) }).session('a')
    const waiting = thrown(session.ask(apart([question(':')])))
    user.abort()
    expect(await waiting).toMatchObject(ABORTED)
  })

  it('the lock of a host on which nothing is at work is given back', async () => {
    const user = new AbortController()
    const session = spokenTo([host], { signal: user.signal }).session('a')
    await change(session, ':')
    user.abort()
    await session.release()
    expect(host.read('state/lock')).toBeUndefined()
    expect(host.read('state/generation')).toBe('run1.ended\n')
  })
})

describe('a lock that is held', () => {
  const takenBy = (other: string) => {
    const lock = host.read('state/lock') ?? ''
    host.write('state/lock', lock.split('\n').with(0, other).join('\n'))
  }
  const held = async (work: (session: HostSession) => Promise<unknown>) => {
    const session = spokenTo([host], { target: () => ({ ...host.target, leaseMs: 3000 }) }).session('a')
    await change(session, ':')
    return { end: thrown(session.hold(work)) }
  }

  it('is renewed for as long as the work takes', async () => {
    const { end } = await held((session) => session.pause(1500))
    const before = host.read('state/lock')
    host.later(10)
    expect(await end).toBeUndefined()
    expect(host.read('state/lock')).not.toBe(before)
  })

  it('ends the work when another run has it: it fails, and says so', async () => {
    const { end } = await held((session) => session.pause(60_000))
    takenBy('other')
    expect(await end).toMatchObject({
      code: 'locked',
      host: 'a',
      message: 'another run took over this host, whose lock was held',
      hint: expect.stringContaining('run again'),
    })
  })

  it('outlasts a change that takes longer than it: that one has the lock', async () => {
    const { end } = await held(async (session) => {
      await session.change({ purpose: 'apply', generation: '', steps: [step('/bin/sleep 4')] })
      await session.pause(1500)
    })
    expect(await end).toBeUndefined()
  })

  it('lasts longer after a change that may shut the way in', async () => {
    const { end } = await held(async (session) => {
      await session.change({ purpose: 'apply', generation: '', steps: [step(':')], lasts: 60 })
      host.onExec(() => ({ what: 'cut' }))
      await session.pause(3500)
    })
    expect(await end).toBeUndefined()
    const [, , until] = (host.read('state/lock') ?? '').split('\n')
    expect(Number(until)).toBe(160)
  })

  it('is lost when it could not be renewed for as long as it lasts', async () => {
    const { end } = await held((session) => session.pause(60_000))
    host.onExec(() => ({ what: 'cut' }))
    expect(await end).toMatchObject({
      code: 'locked',
      message: 'the lock of this host ran out: it could not be renewed for 30 s (link lost)',
    })
  })
})
