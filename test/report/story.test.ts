import { expect, it } from 'vitest'
import type { Event } from '../../src/execute/events.ts'
import { costsOf } from '../../src/report/costs.ts'
import { createTelling, type HostStory } from '../../src/report/story.ts'
import { plan, result, started, UNCHANGED } from '../fixtures/events.ts'

/** A run's events, each with its time. */
function storyOf(...events: readonly (readonly [at: number, event: Event])[]) {
  const telling = createTelling()
  for (const [at, event] of events) telling.event(event, at)
  return telling.story()
}

const linesOf = ({ stretches }: HostStory) =>
  stretches.map(({ doing, key, from, to, ok }) => `${from}-${to} ${doing}${key ? ` ${key}` : ''} ${ok ?? 'unheard'}`)

const [RUN] = started(false, [{ name: 'web1', tier: 'web' }])
if (RUN === undefined) throw new Error('no run')
const host = 'web1'
const PROBED: (readonly [number, Event])[] = [
  [0, RUN],
  [10, { type: 'host-probing', host }],
  [400, { type: 'host-planned', host, plan: plan(host, UNCHANGED), ms: 390 }],
]
const WORK: (readonly [number, Event])[] = [
  ...PROBED,
  [500, { type: 'tier-started', tier: 'web', hosts: [host] }],
  [1000, { type: 'host-started', host }],
  [1100, { type: 'step-started', host, key: 'drain:out', action: 'drain' }],
  [1600, { type: 'step-finished', host, key: 'drain:out', ok: true, ms: 500 }],
  [1700, { type: 'step-started', host, key: 'package:nginx', action: 'update' }],
]

it('a host is asked, waits for its turn, and is at work, in which its steps lie', () => {
  const { hosts, times, ms } = storyOf(
    ...WORK,
    [4700, { type: 'step-finished', host, key: 'package:nginx', ok: true, ms: 3000 }],
    [4800, { type: 'step-started', host, key: 'handler:restart nginx', action: 'handler' }],
    [5000, { type: 'step-finished', host, key: 'handler:restart nginx', ok: false, ms: 200 }],
    [5100, { type: 'host-finished', host, result: result(host, 'changed') }],
  )
  expect(hosts.map(linesOf)).toEqual([
    [
      '10-400 probe true',
      '400-1000 wait true',
      '1000-5100 work true',
      '1100-1600 drain drain:out true',
      '1700-4700 change package:nginx true',
      '4800-5000 handler handler:restart nginx false',
    ],
  ])
  expect(times).toEqual([{ tier: 'web', from: 500, to: 5100 }])
  expect(ms).toBe(5100)
})

it('who logs in is told apart from who asks, also when the link is made anew', () => {
  const { hosts } = storyOf(
    ...PROBED.slice(0, 2),
    [210, { type: 'host-connected', host, ms: 200 }],
    ...PROBED.slice(2),
    ...WORK.slice(4, 5),
    [1300, { type: 'host-connected', host, ms: 100 }],
    [1500, { type: 'host-finished', host, result: result(host, 'changed') }],
  )
  expect(hosts.map(linesOf)).toEqual([
    [
      '10-210 connect true',
      '210-400 probe true',
      '400-1000 wait true',
      '1000-1500 work true',
      '1200-1300 connect true',
    ],
  ])
})

it('what went through a tier stands at the time at which it did, also before the run', () => {
  const samples = [30, 0].map((ago) => ({ ago, perSecond: 12.5 }))
  const counted = { tier: 'web', role: 'nginx', on: 'mon1', requests: samples } as const
  const { throughput } = storyOf(...WORK, [6000, { type: 'tier-throughput', ...counted }])
  const requests = [-24_000, 6000].map((at) => ({ at, perSecond: 12.5 }))
  expect(throughput).toEqual([{ ...counted, requests }])
})

it('who could not log in has asked nothing', () => {
  const refused = { host, code: 'refused' as const, message: 'connection refused', log: [] }
  const { hosts } = storyOf(...PROBED.slice(0, 2), [
    800,
    { type: 'host-finished', host, result: { ...result(host, 'failed'), failure: refused } },
  ])
  expect(hosts.map(linesOf)).toEqual([['10-800 connect false']])
})

it('a host with nothing to do has waited for nothing', () => {
  const { hosts } = storyOf(...PROBED, [900, { type: 'host-finished', host, result: result(host, 'ok') }])
  expect(hosts.map(linesOf)).toEqual([['10-400 probe true']])
})

it('what a killed run left open lasts until the last that was heard, and has no end', () => {
  const { hosts } = storyOf(...WORK, [2000, { type: 'output', host, key: 'package:nginx', line: 'Unpacking' }])
  expect(hosts.map(linesOf)).toEqual([
    [
      '10-400 probe true',
      '400-1000 wait true',
      '1000-2000 work unheard',
      '1100-1600 drain drain:out true',
      '1700-2000 change package:nginx unheard',
    ],
  ])
})

it('a step whose host failed before it ended has no end of its own', () => {
  const { hosts } = storyOf(...WORK, [
    3000,
    {
      type: 'host-finished',
      host,
      result: result(host, 'failed', { failure: { code: 'unreachable', message: 'cut', log: [] } }),
    },
  ])
  expect(linesOf(hosts[0] ?? { host, tier: '', stretches: [], notes: [] })).toContain(
    '1700-3000 change package:nginx unheard',
  )
  expect(linesOf(hosts[0] ?? { host, tier: '', stretches: [], notes: [] })).toContain('1000-3000 work false')
})

it('the same step of several hosts is one cost, with the host where it took longest; waiting is none', () => {
  const stretch = (from: number, to: number) => ({ doing: 'change' as const, key: 'package:nginx', from, to, ok: true })
  const wait = { doing: 'wait' as const, from: 0, to: 9000 }
  const hosts = [
    { host: 'web1', tier: 'web', stretches: [wait, stretch(0, 100)], notes: [] },
    { host: 'web2', tier: 'web', stretches: [stretch(50, 350)], notes: [] },
  ]
  expect(costsOf(hosts)).toEqual([
    { doing: 'change', key: 'package:nginx', total: 400, count: 2, longest: { host: 'web2', ms: 300 } },
  ])
})
