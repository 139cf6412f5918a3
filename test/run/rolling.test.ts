import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Event } from '../../src/execute/events.ts'
import { type FakeProject, type FakeRun, fakeProject } from '../host/fake-project.ts'

/** A tier that is rolled, with all that may come between: what becomes of each host, and what the next run does. */
const SERVERS = ['web1', 'web2', 'web3']
const QUICK = { drain_timeout: 1, gate_timeout: 1 }

/** Three hosts in service, whose configuration is an old one. */
async function rollingProject(policy: Readonly<Record<string, unknown>> = QUICK): Promise<FakeProject> {
  const project = await fakeProject(SERVERS, 'new', {}, policy)
  project.reset('old')
  return project
}

const hostOf = (project: FakeProject, name: string) => {
  const found = project.hosts.get(name)
  if (!found) throw new RangeError(`no host ${name}`)
  return found
}
const seen = (project: FakeProject) => SERVERS.map((name) => hostOf(project, name).read('seen')?.trim())
const marked = (project: FakeProject) =>
  SERVERS.filter((name) => existsSync(join(hostOf(project, name).target.stateDir, 'drained')))
/** Those to which the balancer sends nothing. */
const out = ({ balancer }: FakeProject) =>
  readdirSync(join(balancer.root, 'drained')).filter((name) => !name.startsWith('.'))
const outcomes = ({ results }: FakeRun) => results.map(({ outcome }) => outcome)

const busy = (project: FakeProject, name: string) => project.balancer.write(`busy/${name}`, '')
const idle = ({ balancer }: FakeProject, name: string) => rmSync(join(balancer.root, 'busy', name))
/** What its unit serves once it is restarted is not what is declared. */
const breaks = (project: FakeProject, name: string) =>
  hostOf(project, name).write('units/site.service/start', 'echo nothing >$root/seen\n')
const mend = (project: FakeProject, name: string) => hostOf(project, name).write('seen', 'new\n')

/** `out web1`, `in web1`: when hosts are taken out and put back. */
const journal = (events: readonly Event[]): string[] =>
  events.flatMap((event) => {
    if (event.type !== 'step-started') return []
    if (event.key === 'drain:out of the balancer') return [`out ${event.host}`]
    return event.key === 'undrain:back in the balancer' ? [`in ${event.host}`] : []
  })

/** Everything is in service with what is declared, and one more run finds nothing to do. */
async function expectAllWell(project: FakeProject): Promise<void> {
  expect([out(project), marked(project), seen(project)]).toEqual([[], [], SERVERS.map(() => 'new')])
  const again = await project.run()
  expect(again.results).toMatchObject(SERVERS.map(() => ({ outcome: 'ok', traffic: { execs: 1 } })))
}

test('a dry run tells order, drain and gates, and changes nothing; then one host after the other is taken out, changed and put back', async () => {
  const project = await rollingProject()
  const check = await project.run({}, { check: true })
  const plans = check.events.flatMap((event) => (event.type === 'host-planned' ? [event.plan.rollout] : []))
  expect(plans).toEqual(
    SERVERS.map(() => ({
      disruptive: ['handler:restart site'],
      leftDrained: false,
      steps: [
        { phase: 'drain', name: 'out of the balancer', on: ['lb1'] },
        { phase: 'gate', name: 'serves what is declared' },
        { phase: 'undrain', name: 'back in the balancer', on: ['lb1'] },
        { phase: 'verify', name: 'is asked' },
      ],
    })),
  )
  expect(check.events.find((event) => event.type === 'rollout-planned')).toMatchObject({
    tiers: [{ batches: [{ hosts: SERVERS, slots: 1 }], failuresAllowed: 0 }],
  })
  expect([out(project), marked(project), seen(project)]).toEqual([[], [], ['old', 'old', 'old']])

  const first = await project.run()
  expect(journal(first.events)).toEqual(['out web1', 'in web1', 'out web2', 'in web2', 'out web3', 'in web3'])
  hostOf(project, 'web2').write('etc/site.conf', 'drift\n')
  const second = await project.run()
  expect(journal(second.events)).toEqual(['out web2', 'in web2'])
  expect(outcomes(second)).toEqual(['ok', 'changed', 'ok'])
  await expectAllWell(project)
})

test('a drain that does not end is put back, unchanged; a gate that does not pass leaves its host out, which the next run puts back first', async () => {
  const project = await rollingProject()
  busy(project, 'web2')
  const held = await project.run()
  expect(outcomes(held)).toEqual(['changed', 'failed', 'skipped'])
  expect(held.results[1]?.failure).toMatchObject({
    code: 'drain',
    message: 'out of the balancer on lb1: it is busy after 1 s',
    hint: 'nothing was changed on it, and it is back in service',
  })
  expect([out(project), marked(project), seen(project)]).toEqual([[], [], ['new', 'old', 'old']])
  idle(project, 'web2')

  breaks(project, 'web2')
  const broken = await project.run()
  expect(broken.results).toMatchObject([
    { outcome: 'ok' },
    {
      outcome: 'failed',
      drained: true,
      failure: { code: 'gate', message: 'serves what is declared: serves another version after 1 s' },
    },
    { outcome: 'skipped' },
  ])
  expect([out(project), marked(project)]).toEqual([['web2'], ['web2']])
  mend(project, 'web2')
  const last = await project.run()
  expect(journal(last.events)).toEqual(['in web2', 'out web3', 'in web3'])
  await expectAllWell(project)
})

test.each([
  [{ max_failures: 1 }, ['failed', 'changed', 'changed']],
  [{ max_fail_percentage: 30 }, ['failed', 'skipped', 'skipped']],
])('of a failed host, %o', async (policy, wanted) => {
  const project = await rollingProject({ ...QUICK, ...policy })
  breaks(project, 'web1')
  expect(outcomes(await project.run())).toEqual(wanted)
})

test('what sends the requests dies during a drain: the host is not changed, and is put back by the next run', async () => {
  const project = await rollingProject()
  busy(project, 'web1')
  let isUp = true
  project.balancer.onExec(() => (isUp ? undefined : { what: 'cut' }))
  const run = await project.run({
    emit: (event) => {
      if (event.type === 'output' && event.line.includes('it is busy')) isUp = false
    },
  })
  expect(run.results).toMatchObject([
    { outcome: 'failed', drained: true, changed: [], failure: { code: 'drain' } },
    { outcome: 'skipped' },
    { outcome: 'skipped' },
  ])
  expect([out(project), seen(project)]).toEqual([['web1'], ['old', 'old', 'old']])
  isUp = true
  idle(project, 'web1')
  await project.run()
  await expectAllWell(project)
})

test('Ctrl-C during a drain puts the host back, unchanged, and begins no other', async () => {
  const project = await rollingProject({})
  busy(project, 'web1')
  let isAsked = false
  const run = await project.run({
    emit: (event) => {
      if (event.type === 'output' && event.line.includes('it is busy')) isAsked = true
    },
    stop: { requested: () => isAsked, signal: new AbortController().signal },
  })
  expect(run.results).toMatchObject([
    { outcome: 'failed', failure: { code: 'drain', hint: expect.stringContaining('back in service') } },
    { outcome: 'skipped' },
    { outcome: 'skipped' },
  ])
  expect([out(project), marked(project), seen(project)]).toEqual([[], [], ['old', 'old', 'old']])
})
