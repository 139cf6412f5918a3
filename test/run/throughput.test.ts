import { expect, it } from 'vitest'
import type { Event } from '../../src/execute/events.ts'
import { type Counter, tellThroughput } from '../../src/run/throughput.ts'
import { rawScript } from '../../src/shell/script.ts'
import { spokenTo } from '../host/fake-access.ts'
import { type FakeHost, fakeHost } from '../host/fake-host.ts'
import { fakeProject } from '../host/fake-project.ts'

const told = (events: readonly Event[]) =>
  events.flatMap((event) => {
    if (event.type !== 'tier-throughput') return []
    const { type: _, ...rest } = event
    return [rest]
  })

it('is asked once for all hosts of the tier, when the run is over, and told before its end; not in a dry run', async () => {
  const project = await fakeProject(['web1', 'web2'], 'new', { site_counted_by: ['lb1'] })
  const { balancer } = project
  const questions = () => balancer.scripts.filter((script) => script.includes('/counted'))
  project.reset('old')
  balancer.write('counted', 'requests 30 12.5\nrequests 0 1.1e+03\nerrors 30 0\nerrors 0 2.25\n')
  balancer.write('told', ':\n')
  expect(told((await project.run({}, { check: true })).events)).toEqual([])
  expect(questions()).toEqual([])

  const { events, results } = await project.run()
  expect(results.map(({ outcome }) => outcome)).toEqual(['changed', 'changed'])
  const [of, samples] = [(ago: number, perSecond: number) => ({ ago, perSecond }), told(events)]
  expect(samples).toEqual([
    { tier: 'web', role: 'site', on: 'lb1', requests: [of(30, 12.5), of(0, 1100)], errors: [of(30, 0), of(0, 2.25)] },
  ])
  const order = events.map(({ type }) => type)
  expect(order.lastIndexOf('host-finished')).toBeLessThan(order.indexOf('tier-throughput'))
  expect(order.at(-1)).toBe('run-finished')
  // Also of the minutes before it, in not too many steps.
  const [seconds, step] = /^seconds=(\d+) step=(\d+)$/m.exec(questions().join())?.slice(1).map(Number) ?? []
  expect(seconds).toBeGreaterThanOrEqual(300)
  expect(step).toBe(3)
  expect(questions()).toHaveLength(1)

  // Nothing is taken out of service any more.
  expect(told((await project.run()).events)).toEqual([])
  expect(questions()).toHaveLength(1)
})

const counter = (script: string, on: readonly string[] = ['mon1']): Counter => ({
  ...{ tier: 'web', role: 'nginx' },
  throughput: { on, script: rawScript(script) },
})

async function asked(counters: readonly Counter[], prepare: (host: FakeHost) => void = () => {}) {
  const hosts = ['mon1', 'mon2'].map((name) => fakeHost(name))
  const { access, pool } = spokenTo(hosts)
  for (const host of hosts.slice(0, 1)) prepare(host)
  const events: Event[] = []
  const emit = (event: Event) => void events.push(event)
  await tellThroughput(counters, { access, emit, runs: new Map(), began: performance.now(), limit: 2000 })
  for (const host of hosts) host.onExec(() => undefined)
  await pool.close()
  return told(events)
}

it('the first that can tell counts', async () => {
  expect(await asked([counter('echo requests 5 1', ['mon1', 'mon2'])])).toMatchObject([{ on: 'mon1' }])
  const cut = (host: FakeHost) => host.onExec(() => ({ what: 'cut' }))
  expect(await asked([counter('echo requests 5 1', ['mon1', 'mon2'])], cut)).toEqual([
    { tier: 'web', role: 'nginx', on: 'mon2', requests: [{ ago: 5, perSecond: 1 }] },
  ])
})

it('who can not tell is a sentence: what it says, a link that is lost, a host that hangs, one that is silent', async () => {
  const why = async (...given: Parameters<typeof asked>) => (await asked(...given)).map(({ unknown }) => unknown)
  expect(await why([counter('echo requests 5 1; echo nobody counts; exit 4'), counter('exit 7')])).toEqual([
    'nobody counts',
    'exit status 7',
  ])
  expect(await why([counter(':')], (host) => host.onExec(() => ({ what: 'cut' })))).toEqual(['link lost'])
  expect(await why([counter(':')], (host) => host.onExec(() => ({ what: 'hang' })))).toEqual([
    'it gave no answer within 2 s',
  ])
  expect(await why([counter(':')], (host) => host.onExec(() => ({ what: 'garbage', text: 'motd' })))).toEqual([
    'it gave no answer',
  ])
})
