import { expect, test } from 'vitest'
import type { Event } from '../../src/execute/events.ts'
import { hostRun } from '../../src/execute/host-run.ts'
import { planHost } from '../../src/plan/planner.ts'
import { spokenTo } from '../host/fake-access.ts'
import { fakeHost } from '../host/fake-host.ts'
import { fakeProject } from '../host/fake-project.ts'
import { compiled, lineKind } from '../plan/kinds.ts'

test('a handler that failed is pending, as are those after it; the next run finishes them', async () => {
  const project = await fakeProject(['web1'], 'new')
  project.reset('old')
  const { web1 } = project
  const start = web1.read('units/site.service/start') ?? ''
  web1.write('units/site.service/start', 'echo failed >$root/units/site.service/state\nexit 1\n')
  const [failed] = (await project.run()).results
  expect(failed).toMatchObject({
    outcome: 'failed',
    changed: [`file:${web1.root}/etc/site.conf`],
    failure: { code: 'handler', resource: 'handler:restart site' },
  })
  expect(failed?.pendingHandlers.toSorted()).toEqual(['publish', 'restart site'])

  web1.write('units/site.service/start', start)
  const [mended] = (await project.run()).results
  expect(mended).toMatchObject({ outcome: 'changed', pendingHandlers: [], putBack: true })
  expect([web1.read('seen'), web1.read('published')]).toEqual(['new\n', 'new\n'])
})

test.each([
  ['is as declared', 'a=1', 'none', []],
  ['differs', 'a=0', 'update', ['plain:a']],
])('of a host that %s, what there is to do is kept once it is told', async (_, own, action, kept) => {
  const resources = [compiled(lineKind('plain'), 'a', '1')]
  const answers = { files: new Map(), surroundings: new Map(), units: new Map(), own }
  const found = planHost({
    ...{ host: 'a', tier: 't', resources, observed: new Map([['plain', { answers }]]) },
    state: { pendingHandlers: [], generation: 'g' },
  })
  const events: Event[] = []
  const run = hostRun({
    ...{ host: 'a', tier: 't', session: spokenTo([fakeHost('a')]).session('a') },
    means: { probe: async () => found, readArtifact: async () => new Uint8Array() },
    emit: (event) => void events.push(event),
    traffic: () => ({ execs: 0, connects: 0, bytesIn: 0, bytesOut: 0 }),
  })
  await run.plan()
  const told = events.flatMap((event) => (event.type === 'host-planned' ? event.plan.items : []))
  expect(told.map((item) => item.action)).toEqual([action])
  expect(run.planned()?.plan.items.map(({ key }) => key)).toEqual(kept)
  expect(run.pending()).toBe(kept.length > 0)
})
