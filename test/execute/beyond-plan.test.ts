import { describe, expect, it } from 'vitest'
import { beyondPlan, needWithin } from '../../src/execute/beyond-plan.ts'
import type { Planned } from '../../src/plan/planner.ts'
import type { Around } from '../../src/rollout/around.ts'
import { fakeProject } from '../host/fake-project.ts'

const NOTHING: Around = {
  ...{ disruptive: [], exposed: [], first: [], down: false, needsFailover: false },
  due: { beforeTier: [], takeOut: [], changed: [], putBack: [], serving: [] },
  counted: [],
}
const drained = (role: string, key: string): Partial<Around> => ({
  disruptive: [key],
  due: { ...NOTHING.due, takeOut: [{ role, disruptive: [key] }] },
})
const planned = (around: Partial<Around>, more: Partial<Planned> = {}): Planned => ({
  plan: { host: 'web1', tier: 'web', items: [], handlers: [] },
  ...{ segments: [], openEnded: false, replanBeforeApply: false, isPrimary: false, handlers: [], stderrTail: [] },
  ...{ stale: [], state: { pendingHandlers: [], generation: '' } },
  around: { ...NOTHING, ...around },
  ...more,
})

describe('a plan made anew', () => {
  it.each<[string, Planned, Planned, string[]]>([
    ['the same', planned(drained('nginx', 'a')), planned(drained('nginx', 'a')), []],
    ['less', planned(drained('nginx', 'a')), planned({}), []],
    ['more in the same drain', planned(drained('nginx', 'a')), planned(drained('nginx', 'b')), []],
    ['a drain', planned({}), planned(drained('nginx', 'a')), ['it would be drained for a']],
    [
      'the drain of another role',
      planned(drained('nginx', 'a')),
      planned(drained('app', 'b')),
      ['it would be drained for b'],
    ],
    [
      'the drain of a role that an earlier run left drained',
      planned({}, { state: { pendingHandlers: [], generation: '', drained: ['nginx'] } }),
      planned(drained('nginx', 'a')),
      [],
    ],
    ['requests that fail', planned({}), planned({ exposed: ['a'] }), ['requests would fail during a']],
    [
      'a primary',
      planned({}),
      planned({ needsFailover: true }, { isPrimary: true }),
      ['it is the primary of its tier now'],
    ],
    [
      'another that comes first',
      planned({}),
      planned({ first: [{ host: 'app1', changes: [], what: 'migrations' }] }),
      ['app1 comes first (migrations)'],
    ],
  ])('with %s', (_, agreed, anew, beyond) => {
    expect(beyondPlan(agreed, anew)).toEqual(beyond)
  })

  it('that goes beyond what its tier was asked for is refused', () => {
    expect(() => needWithin('web1', planned({}), planned(drained('nginx', 'a')))).toThrow(
      expect.objectContaining({
        code: 'stale',
        host: 'web1',
        message: 'since it was planned, this host has become another: it would be drained for a',
        hint: expect.stringContaining('run again'),
      }),
    )
  })
})

describe('in a run', () => {
  it('a host that would only now be drained is left as it is: another edited it since it was planned', async () => {
    const project = await fakeProject(['web1'], 'new')
    project.reset('new')
    // Owed but to the handler that disturbs nobody: changed in place.
    project.web1.write('state/pending/publish', 'none\n')
    project.web1.write('state/generation', 'before.ended\n')
    let execs = 0
    project.web1.onExec(() => {
      // Between the plan and the change.
      if (execs++ === 1) {
        project.web1.write('etc/site.conf', 'by hand\n')
        project.web1.write('state/generation', 'other.ended\n')
      }
      return undefined
    })
    const { results } = await project.run()
    expect(results).toMatchObject([
      {
        outcome: 'failed',
        changed: [],
        failure: { code: 'stale', message: expect.stringContaining('it would be drained for handler:restart site') },
      },
    ])
    expect(project.web1.read('etc/site.conf')).toBe('by hand\n')
    expect((await project.run()).results).toMatchObject([{ outcome: 'changed', putBack: true, pendingHandlers: [] }])
  })
})
