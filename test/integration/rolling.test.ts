import { beforeAll, describe, expect, test } from 'vitest'
import type { Event } from '../../src/execute/events.ts'
import { testLab } from '../lab/test-labs.ts'
import { endLease } from './lease.ts'
import { testBed } from './test-bed.ts'

/** A user's own role with its own drain and gate; the board stands for what sends requests: who is out is written there. */
const bed = testBed({
  ...testLab('rolling'),
  hosts: [{ name: 'one' }, { name: 'two', user: 'deploy' }, { name: 'three' }, { name: 'board' }],
})
const SERVERS = ['one', 'two', 'three'] as const

/** Each obstacle is a file that a test puts there and takes away: what happens meanwhile depends on no clock. */
const SVC = (content: string) => `[
  file({
    path: '/etc/svc',
    content: '${content}\\n',
    notify: [handler({ id: 'restart svc', run: sh\`while [ -e /root/slow ]; do sleep 0.2; done; cp /etc/svc /root/svc.seen\` })],
  }),
]`
const ROLLOUT = `{
  disruptive: ['file:/etc/svc', 'handler:restart svc'],
  drain: [{
    name: 'off the board',
    on: ['board'],
    run: sh\`mkdir -p /root/out; : >/root/out/\${host.name}; echo out \${host.name} >>/root/log\`,
    until: sh\`if [ -e /root/busy-\${host.name} ]; then echo it is busy; exit 1; fi\`,
    timeout: vars.svc_patience,
    interval: 0.2,
  }],
  undrain: [{
    name: 'on the board',
    on: ['board'],
    run: sh\`rm -f /root/out/\${host.name}; echo in \${host.name} >>/root/log\`,
    until: sh\`if [ -e /root/shut-\${host.name} ]; then echo it is shut; exit 1; fi\`,
    timeout: vars.svc_patience,
    interval: 0.2,
  }],
  gates: [{
    name: 'it is fit',
    until: sh\`if [ -e /root/unfit ]; then echo it is unfit; exit 1; fi; cmp -s /etc/svc /root/svc.seen\`,
    timeout: vars.svc_patience,
    interval: 0.2,
  }],
}`

const project = (content: string, policy: Readonly<Record<string, unknown>> = {}, patience = 60) =>
  bed.project({
    roles: { svc: SVC(content) },
    rollouts: { svc: ROLLOUT },
    use: ['file', 'handler', 'sh'],
    vars: `svc_patience: { type: 'number', description: 'Seconds.', default: ${patience} }`,
    policy,
    hosts: { ...Object.fromEntries(SERVERS.map((name) => [name, { roles: ['svc'] }])), board: { roles: [] } },
  })

const lines = (text: string): string[] => text.trim().split('\n').filter(Boolean)
const out = async () => lines(await bed.on('board', 'ls /root/out'))
const journal = async () => lines(await bed.on('board', 'cat /root/log; rm -f /root/log'))
const seen = (host: string) => bed.on(host, 'cat /root/svc.seen').then((text) => text.trim())
const marked = async () => {
  const found = await Promise.all(SERVERS.map((name) => bed.host(name).exec('test -e /var/lib/provision/drained')))
  return SERVERS.filter((_, i) => found[i]?.code === 0)
}
const touch = (host: string, file: string) => bed.on(host, `touch /root/${file}`)
const remove = (host: string, file: string) => bed.on(host, `rm -f /root/${file}`)

const begins = (host: string, key: string) => (event: Event) =>
  event.type === 'step-started' && event.host === host && event.key === key
const says = (host: string, key: string, text: string) => (event: Event) =>
  event.type === 'output' && event.host === host && event.key === key && event.line.includes(text)

/** Everything is in service and has the content. */
async function allServe(content: string): Promise<void> {
  expect(await out()).toEqual([])
  expect(await marked()).toEqual([])
  expect(await Promise.all(SERVERS.map(seen))).toEqual([content, content, content])
}

/** The same, and a further run finds nothing to do by one exec per host. */
async function allWell(content: string): Promise<void> {
  await allServe(content)
  const settled = project(content)
  expect((await settled.run()).status).toBe(0)
  // Facts are known now.
  const again = await settled.run()
  expect(again.status).toBe(0)
  for (const name of SERVERS) expect(again.result(name)).toMatchObject({ outcome: 'ok', traffic: { execs: 1 } })
}

beforeAll(async () => {
  await bed.on('board', 'mkdir -p /root/out')
  const first = await project('v1').run()
  expect(first.status).toBe(0)
  // What is only now created is in nobody's way.
  expect(lines((await bed.host('board').exec('cat /root/log')).stdout)).toEqual([])
})

describe('a rolling change', () => {
  test('a dry run tells order, drain and gates, and changes nothing', async () => {
    const run = await project('v2').run('--check')
    expect(run.status).toBe(2)
    expect(run.plan('one').rollout).toEqual({
      disruptive: ['file:/etc/svc', 'handler:restart svc'],
      leftDrained: false,
      drain: [{ name: 'off the board', on: ['board'] }],
      undrain: [{ name: 'on the board', on: ['board'] }],
      gates: [{ name: 'it is fit' }],
      verify: [],
    })
    const planned = run.events.find((event) => event.type === 'rollout-planned')
    expect(planned).toMatchObject({ tiers: [{ batches: [{ hosts: SERVERS, slots: 1 }], failuresAllowed: 0 }] })
    expect(await marked()).toEqual([])
  })

  test('takes each host out, changes it and puts it back before the next one', async () => {
    expect((await project('v2').run()).status).toBe(0)
    expect(await journal()).toEqual(['out one', 'in one', 'out two', 'in two', 'out three', 'in three'])
    await allServe('v2')
  })

  test('leaves hosts without changes in service, and takes none out of a tier for another role', async () => {
    await bed.on('two', 'echo drift >/etc/svc')
    expect((await project('v2').run()).status).toBe(0)
    expect(await journal()).toEqual(['out two', 'in two'])
    await allWell('v2')
  })
})

describe('what does not go as it should', () => {
  test('a drain that does not end is put back, unchanged, and the tier stops', async () => {
    await touch('board', 'busy-two')
    const run = await project('v3', {}, 2).run()
    expect(run.status).toBe(1)
    expect(run.failure('two')).toMatchObject({
      code: 'drain',
      message: 'off the board on board: it is busy after 2 s',
      hint: 'nothing was changed on it, and it is back in service',
    })
    expect(run.result('three')).toMatchObject({ outcome: 'skipped' })
    expect([await seen('one'), await seen('two')]).toEqual(['v3', 'v2'])
    expect([await out(), await marked()]).toEqual([[], []])
    await remove('board', 'busy-two')
    expect((await project('v3').run()).status).toBe(0)
    await allServe('v3')
  })

  test('a gate that does not pass leaves its host out; the next run puts it back before it begins another', async () => {
    await touch('one', 'unfit')
    const run = await project('v4', {}, 2).run()
    expect(run.failure('one')).toMatchObject({ code: 'gate', message: 'it is fit: it is unfit after 2 s' })
    expect(run.result('one')).toMatchObject({ outcome: 'failed', drained: true })
    expect([run.result('two').outcome, run.result('three').outcome]).toEqual(['skipped', 'skipped'])
    expect([await out(), await marked()]).toEqual([['one'], ['one']])
    const shown = await project('v4').start(['--check'], { json: false }).done
    expect(shown.stdout).toContain('out of service (drained): one')
    await remove('one', 'unfit')
    await journal()
    expect((await project('v4').run()).status).toBe(0)
    expect((await journal()).slice(0, 2)).toEqual(['in one', 'out two'])
    await allWell('v4')
  })

  test.each([
    [{ max_failures: 1 }, ['failed', 'changed', 'changed']],
    [{ max_fail_percentage: 30 }, ['failed', 'skipped', 'skipped']],
  ])('of a failed host, %o', async (policy, outcomes) => {
    await touch('one', 'unfit')
    const content = JSON.stringify(policy).replaceAll(/\W/g, '')
    const run = await project(content, policy, 1).run()
    expect(SERVERS.map((name) => run.result(name).outcome)).toEqual(outcomes)
    await remove('one', 'unfit')
    expect((await project(content).run()).status).toBe(0)
    await allServe(content)
  })

  test('a host that dies while it is out stays out; once it is up, the next run puts it back', async () => {
    await touch('one', 'slow')
    const running = project('v5').start([])
    await running.until(begins('one', 'handler:restart svc'))
    await bed.host('one').kill()
    const run = await running.done
    expect(run.result('one')).toMatchObject({ outcome: 'failed', drained: true })
    expect(await out()).toEqual(['one'])
    await bed.host('one').start()
    await remove('one', 'slow')
    expect((await project('v5').run()).status).toBe(0)
    await allWell('v5')
  })

  test('what sends the requests dies during a drain: the host is not changed, and is put back by the next run', async () => {
    await touch('board', 'busy-one')
    const running = project('v6', {}, 20).start([])
    await running.until(says('one', 'drain:off the board', 'it is busy'))
    await bed.host('board').kill()
    const run = await running.done
    expect(run.failure('one').code).toBe('drain')
    expect(run.result('one')).toMatchObject({ outcome: 'failed', drained: true })
    expect(await seen('one')).toBe('v5')
    await bed.host('board').start()
    await remove('board', 'busy-one')
    expect((await project('v6').run()).status).toBe(0)
    await allServe('v6')
  })

  test('Ctrl-C during a drain puts the host back, unchanged', async () => {
    await touch('board', 'busy-one')
    const running = project('v7').start([])
    await running.until(says('one', 'drain:off the board', 'it is busy'))
    running.kill('SIGINT')
    const run = await running.done
    expect(run.failure('one')).toMatchObject({ code: 'drain', hint: expect.stringContaining('back in service') })
    expect([await out(), await marked(), await seen('one')]).toEqual([[], [], 'v6'])
    await remove('board', 'busy-one')
    expect((await project('v7').run()).status).toBe(0)
    await allServe('v7')
  })
})

describe('the program is killed', () => {
  // At every other moment of a rollout: test/run/crash-points.test.ts.
  test.each<[string, string, string, (event: Event) => boolean]>([
    ['changing', 'two', 'slow', begins('two', 'handler:restart svc')],
    ['putting back', 'board', 'shut-two', says('two', 'undrain:on the board', 'it is shut')],
  ])('while %s: the next run ends with all in service', async (phase, where, obstacle, at) => {
    const content = phase.replaceAll(' ', '-')
    await touch(where, obstacle)
    const running = project(content).start([])
    await running.until(at)
    running.kill('SIGKILL')
    await running.done
    expect(await marked()).toEqual(['two'])
    await remove(where, obstacle)
    await endLease(bed.host('two'))
    expect((await project(content).run()).status).toBe(0)
    await allWell(content)
  })
})
