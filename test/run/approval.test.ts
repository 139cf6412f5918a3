import { describe, expect, test, vi } from 'vitest'
import type { HostPlan } from '../../src/plan/host-plan.ts'
import type { TierPlan } from '../../src/rollout/tier-plan.ts'
import { approvalQuestion } from '../../src/run/approval.ts'
import { fakeProject } from '../host/fake-project.ts'

/** Two servers of version v1 where v2 is declared. */
const outdated = async () => {
  const project = await fakeProject(['web1', 'web2'], 'v2')
  project.reset('v1')
  let execs = 0
  project.onExec(() => {
    execs += 1
    return undefined
  })
  const confOf = (name: string) => project.hosts.get(name)?.read('etc/site.conf')
  return { project, confOf, execs: () => execs }
}
const outcomes = (results: readonly { host: string; outcome: string }[]) =>
  results.map(({ host, outcome }) => [host, outcome])

/** The question is answered after so long. */
const slowly = (ms: number) => {
  const now = performance.now.bind(performance)
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + ms)
  return () => clock.mockRestore()
}

describe('a run that somebody is asked about', () => {
  test('shows its plan before the question, changes nothing before the answer, and applies it with the same probe', async () => {
    const unasked = await outdated()
    await unasked.project.run()
    const { project, confOf, execs } = await outdated()
    const at: unknown[] = []
    const { results, events } = await project.run({
      approve: async (question) => {
        at.push(question, confOf('web1'), execs())
        return true
      },
    })
    expect(at).toEqual([
      'Apply 2 changes on 2 hosts (restart site on 2 hosts; out of service meanwhile: web1, web2)?',
      'v1\n',
      2,
    ])
    expect(outcomes(results)).toEqual([
      ['web1', 'changed'],
      ['web2', 'changed'],
    ])
    expect(execs()).toBe(unasked.execs())
    const types = events.map(({ type }) => type)
    expect(types.indexOf('plan-shown')).toBeGreaterThan(types.lastIndexOf('host-planned'))
    expect(types.indexOf('plan-shown')).toBeLessThan(types.indexOf('tier-started'))
  })

  test('a no: nothing is changed, and hosts that had changes are skipped', async () => {
    const { project, confOf, execs } = await outdated()
    project.web1.write('etc/site.conf', 'v2\n')
    const { results, events } = await project.run({ approve: async () => false })
    expect(outcomes(results)).toEqual([
      ['web1', 'ok'],
      ['web2', 'skipped'],
    ])
    expect(results[1]?.failure?.message).toBe('declined at the prompt')
    expect([confOf('web2'), execs()]).toEqual(['v1\n', 2])
    expect(events.map(({ type }) => type)).not.toContain('host-started')
  })

  test('with nothing to do, nobody is asked; in a dry run neither', async () => {
    const { project } = await outdated()
    const approve = vi.fn(async () => true)
    await project.run({ approve }, { check: true })
    project.reset('v2')
    await project.run({ approve })
    expect(approve).not.toHaveBeenCalled()
  })

  test('a host that was changed while the question stood is left as it is, and says what moved; the others are done', async () => {
    const { project, confOf } = await outdated()
    let restore = () => {}
    const { results } = await project.run({
      approve: async () => {
        project.hosts.get('web2')?.write('etc/site.conf', 'by hand\n')
        restore = slowly(61_000)
        return true
      },
    })
    restore()
    expect(outcomes(results)).toEqual([
      ['web1', 'changed'],
      ['web2', 'failed'],
    ])
    expect(results[1]?.failure).toMatchObject({
      code: 'stale',
      message: expect.stringMatching(
        /not what was shown any more: file:.*site\.conf is to be changed in another way \(its content\)$/,
      ),
    })
    expect(confOf('web2')).toBe('by hand\n')
    expect(results[1]?.drained).toBeUndefined()
  })

  test('unasked, the same host is brought to its state: nobody was shown anything else', async () => {
    const { project, confOf } = await outdated()
    let restore = () => {}
    const { results } = await project.run({
      emit: (event) => {
        if (event.type !== 'rollout-planned') return
        project.hosts.get('web2')?.write('etc/site.conf', 'by hand\n')
        restore = slowly(61_000)
      },
    })
    restore()
    expect(results.map(({ outcome }) => outcome)).toEqual(['changed', 'changed'])
    expect(confOf('web2')).toBe('v2\n')
  })

  test('another run that did all of it meanwhile leaves nothing to do', async () => {
    const { project } = await outdated()
    let restore = () => {}
    const { results } = await project.run({
      approve: async () => {
        await project.run()
        restore = slowly(61_000)
        return true
      },
    })
    restore()
    expect(outcomes(results)).toEqual([
      ['web1', 'ok'],
      ['web2', 'ok'],
    ])
  })

  test('another run that did a part of it within the minute: noticed under the lock, and told', async () => {
    const { project, confOf } = await outdated()
    const { results } = await project.run({
      approve: async () => {
        await project.run()
        project.hosts.get('web1')?.write('etc/site.conf', 'v3\n')
        return true
      },
    })
    expect(results[0]).toMatchObject({ outcome: 'failed', failure: { code: 'stale' } })
    expect(confOf('web1')).toBe('v3\n')
  })
})

describe('the question', () => {
  const plan = (host: string, more: Partial<HostPlan> = {}): HostPlan => ({
    host,
    tier: 'web',
    items: [
      { key: 'file:/a', kind: 'file', role: 'r', action: 'update', segment: 0, fields: [], diffs: [], notify: [] },
    ],
    handlers: [],
    ...more,
  })
  const tier = (more: Partial<TierPlan>): TierPlan => ({
    ...{
      tier: 'web',
      size: 3,
      batches: [],
      failed: 0,
      failuresAllowed: 0,
      rule: '',
      drains: [],
      leftDrained: [],
      waiting: [],
    },
    ...more,
  })

  test('counts hosts and changes; unchanged ones are no part of it', () => {
    const unchanged = plan('web2', { items: [] })
    expect(approvalQuestion([plan('web1'), unchanged], [tier({})], 2)).toBe('Apply 1 change on 1 of 2 hosts?')
  })

  test('names what is restarted, taken out of service, moved, or lost; long lists are cut', () => {
    const names = ['web1', 'web2', 'web3', 'web4']
    const handlers = [
      { id: 'restart nginx', because: ['file:/a'], pending: false },
      { id: 'reload sshd', because: ['file:/a'], pending: false },
    ]
    const rollout = {
      disruptive: [],
      exposed: ['package:x'],
      leftDrained: false,
      steps: [],
    }
    const plans = names.map((name) => plan(name, { handlers, ...(name === 'web4' ? { rollout } : {}) }))
    const batches = [{ hosts: ['db1'], slots: 1, pause: 0, confirm: false, switchover: { from: 'db1', to: 'db2' } }]
    expect(approvalQuestion(plans, [tier({ drains: names, batches })], 4)).toBe(
      'Apply 4 changes on 4 hosts (restart nginx on 4 hosts; primary moves from db1 to db2; out of service meanwhile: web1, web2, web3 and 1 more; requests fail meanwhile on: web4)?',
    )
  })

  test('what an earlier run left is something to do as well', () => {
    const handlers = [{ id: 'restart nginx', because: [], pending: true }]
    expect(approvalQuestion([plan('web1', { items: [], handlers })], [tier({})], 1)).toBe(
      'Apply what is pending on 1 host (restart nginx on 1 host)?',
    )
  })
})
