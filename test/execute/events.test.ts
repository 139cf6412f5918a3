import { expect, it } from 'vitest'
import type { Event } from '../../src/execute/events.ts'
import { RUNS } from '../fixtures/events.ts'
import { fakeProject } from '../host/fake-project.ts'
import { againstContract, againstOrder } from './event-contract.ts'

it.each(Object.entries(RUNS))('what renderers are shown in tests is what runs tell: %s', (_, events) => {
  expect(againstContract(events())).toEqual([])
})

it('what a run of a tier tells keeps to the contract: dry, with changes, with a failure, stopped', async () => {
  const project = await fakeProject(['web1', 'web2'], '2')
  const runs: (readonly Event[])[] = []
  project.reset('1')
  runs.push((await project.run({}, { check: true, showScripts: true })).events)
  runs.push((await project.run({ approve: async () => false })).events)
  runs.push((await project.run({ approve: async () => true })).events)
  runs.push((await project.run()).events)
  project.reset('1')
  project.web1.write('units/site.service/start', 'echo cannot; exit 1\n')
  runs.push((await project.run()).events)
  project.reset('1')
  runs.push((await project.run({ stop: { requested: () => true, signal: new AbortController().signal } })).events)
  for (const events of runs) {
    expect(againstContract(events)).toEqual([])
    expect(againstOrder(events)).toEqual([])
  }
  const told = new Set(runs.flat().map(({ type }) => type))
  for (const type of ['script', 'plan-shown', 'step-started', 'output', 'step-finished', 'run-finished'])
    expect(told, type).toContain(type)
})

it('a field or an event that is in no type is told', () => {
  const odd = { type: 'host-note', host: 'a', message: 'm', colour: 'red' }
  expect(againstContract([odd, odd])).toHaveLength(1)
  expect(againstContract([{ type: 'host-note', host: 'a' }])[0]).toContain("must have required property 'message'")
  expect(againstContract([{ type: 'nonsense' }])[0]).toContain('no event is called nonsense')
  expect(againstOrder([{ type: 'run-finished' }, { type: 'run-started' }])).toHaveLength(2)
})
