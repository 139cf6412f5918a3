import { describe, expect, it } from 'vitest'
import type { Event } from '../../src/execute/events.ts'
import { createRenderer, type RenderOptions } from '../../src/render/index.ts'
import { ended, item, plan, planned, RUNS, result, step } from '../fixtures/events.ts'
import { manyHosts } from '../fixtures/many-hosts.ts'
import { ROLLING_RUNS } from '../fixtures/rolling-events.ts'
import { collecting } from './collect.ts'

const plain = async (events: readonly Event[], more: Partial<RenderOptions> = {}) => {
  const { options, text } = collecting(more)
  const renderer = await createRenderer('plain', options)
  for (const event of events) renderer.event(event)
  await renderer.finish()
  return text()
}

const GOLDEN: [name: string, events: () => Event[], more?: Partial<RenderOptions>][] = [
  ['clean', RUNS.clean],
  ['clean-verbose', RUNS.clean, { verbosity: 1 }],
  ['changes', RUNS.changes],
  ['changes-diff', RUNS.changes, { diff: true }],
  ['changes-verbose', RUNS.changes, { verbosity: 2 }],
  ['failure', RUNS.failure],
  ['head-start', RUNS.headStart],
  ['unreachable', RUNS.unreachable],
  ['check', RUNS.check, { diff: true }],
  ['check-verbose', RUNS.check, { verbosity: 2 }],
  ['pending', RUNS.pending],
  ['input', RUNS.input],
  ['script', RUNS.script],
  ['fleet', RUNS.fleet],
  ['rolling', ROLLING_RUNS.rolling],
  ['rolling-verbose', ROLLING_RUNS.rolling, { verbosity: 1 }],
  ['rolling-check', ROLLING_RUNS.rollingCheck],
  ['switching', ROLLING_RUNS.switching],
  ['switching-check', ROLLING_RUNS.switchingCheck],
]

describe('the plain renderer', () => {
  for (const [name, events, more] of GOLDEN) {
    it(`prints ${name} as its golden file has it`, async () => {
      await expect(await plain(events(), more)).toMatchFileSnapshot(`golden/${name}.txt`)
    })
  }

  it('says nothing of 500 hosts but what changed and how many did not', async () => {
    const text = await plain(RUNS.fleet())
    expect(text).toContain('ok: web2, web3, web4, web5, web6, web7, web8, web9, web10, web11 and 469 more\n')
    expect(text.split('\n').length).toBeLessThan(140)
  })

  it('of 200 hosts is one line a change, and says which of how many hosts is at work', async () => {
    const { events, failed } = manyHosts(200, 25)
    const text = await plain(events.map(({ event }) => event))
    const lines = text.split('\n')
    const begun = events.flatMap(({ event }) => (event.type === 'host-started' ? [event.host] : []))
    for (const [i, host] of begun.entries()) {
      const own = lines.filter((one) => one.startsWith(`[${String(i + 1).padStart(3)}/197] ${host.padEnd(6)}  `))
      const changes = own.filter((one) => one.includes('~ '))
      expect(changes).toHaveLength(failed.includes(host) ? 3 : 5)
      // Its changes, and what came of them.
      expect(own.length - changes.length).toBe(failed.includes(host) ? 0 : 1)
      if (failed.includes(host)) expect(text).toContain(`[${String(i + 1).padStart(3)}/197] ${host} failed at service`)
    }
    const changes = events.filter(({ event }) => event.type === 'step-finished' && event.ok).length
    expect(lines.filter((one) => / {2}~ /.test(one))).toHaveLength(changes)
  })

  it('puts all that there is to say of a change into its line', async () => {
    const fields = ['uid', 'shell', 'home', 'groups'].map((field) => ({ field, from: 'a\nb', to: 'x'.repeat(60) }))
    const made = plan('web1', [item('user:deploy', 'update', { fields, notes: ['it is logged in'] })])
    const changed = result('web1', 'changed', { changed: ['user:deploy'] })
    const text = await plain([
      { type: 'run-started', inventory: 'lab', check: false, hosts: [{ name: 'web1', tier: 'web' }] },
      planned(made),
      { type: 'tier-started', tier: 'web', hosts: ['web1'] },
      { type: 'host-started', host: 'web1' },
      ...step('web1', 'user:deploy', 'update'),
      { type: 'host-finished', host: 'web1', result: changed },
      ended([changed]),
    ])
    expect(text).toMatch(
      /^web1 {2}~ user:deploy {2}uid: a\\nb → x+, shell: .*, groups: .*x {2}note: it is logged in\nweb1 {2}changed/m,
    )
  })

  it('tells of a wrong name once, and of a flag without a line', async () => {
    const origin = { file: '--var', line: 1, col: 1 }
    const problems = [
      { message: "unknown var 'wbe'", path: 'wbe', origin },
      { message: 'must be a number', path: 'web.port', origin },
    ]
    const text = await plain([{ type: 'input-errors', problems }])
    expect(text).toContain("--var  unknown var 'wbe'\n--var  web.port: must be a number\n")
  })

  it('lets no control character of a host through', async () => {
    const hostile = '\u001b]0;title\u0007\u009b31m\r\u202egnp.exe\u0000'
    const events: Event[] = [
      { type: 'host-note', host: hostile, message: hostile },
      { type: 'output', host: 'web1', key: hostile, line: hostile },
      { type: 'script', host: 'web1', purpose: hostile, script: hostile },
      { type: 'warning', message: hostile, hint: hostile },
      { type: 'input-errors', problems: [{ message: hostile, path: hostile, hint: hostile }] },
      {
        type: 'host-finished',
        host: 'web1',
        result: {
          host: hostile,
          tier: 'web',
          outcome: 'failed',
          changed: [],
          pendingHandlers: [hostile],
          failure: { code: 'apply', message: hostile, resource: hostile, hint: hostile, log: [hostile] },
          traffic: { execs: 1, bytesOut: 1, bytesIn: 1, connects: 1 },
          ms: 1,
        },
      },
    ]
    const text = await plain(events, { verbosity: 2 })
    expect(text).toContain('\\x1b]0;title\\x07\\x9b31m\\r\\u202egnp.exe\\x00')
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })

  it('ends with what people have to know, and advises no part of what was done together', async () => {
    const notes = ['the inventory declares release:shop 2']
    const events = ROLLING_RUNS.rolling().map((one) =>
      one.type === 'run-finished' ? { ...one, notes, whole: true } : one,
    )
    const lines = (await plain(events)).trimEnd().split('\n')
    expect(lines.slice(-2)).toEqual([
      'note: the inventory declares release:shop 2',
      '→ when the cause is gone, run again',
    ])
  })

  it('says how hosts stand that failed and serve, and which command goes on', async () => {
    const failed = (host: string, putBack: boolean) =>
      result(host, 'failed', { ...(putBack && { putBack }), failure: { code: 'verify', message: 'too slow', log: [] } })
    const again = { command: 'provision upgrade --inventory lab --tier web', limit: '--limit web' }
    const end = ended([failed('web1', true), failed('web2', false), result('web3', 'failed', { drained: true })])
    const events = ROLLING_RUNS.rolling().map((one) => (one.type === 'run-finished' ? { ...end, again } : one))
    expect((await plain(events)).trimEnd().split('\n').slice(-4)).toEqual([
      'out of service (drained): web3; the next run puts it back once all is well',
      'failed, but back in service: web1',
      'failed while in service: web2',
      // All of them failed: the hosts that were asked for.
      '→ when the cause is gone: provision upgrade --inventory lab --tier web --limit web',
    ])
  })
})
