import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { createProgram } from '../../../src/cli/program.ts'
import type { Event } from '../../../src/execute/events.ts'
import { mysql } from '../../../src/products/mysql/product.ts'
import type { RunOutcome } from '../../../src/run/run-options.ts'
import { problemsOf } from '../../project-folder.ts'
import { toyGroup } from './group.ts'
import { toy } from './product.ts'
import { folderOf } from './role.ts'

const exitCode = process.exitCode
afterEach(() => {
  vi.unstubAllEnvs()
  process.exitCode = exitCode
})

type Group = ReturnType<typeof toyGroup>

/** A command line, all the way: parsed with this product in the list, run by the engine, on hosts of scratch folders. */
async function provision(group: Group, ...args: readonly string[]) {
  vi.stubEnv('XDG_CACHE_HOME', join(group.root, 'cache'))
  const events: Event[] = []
  const outcomes: RunOutcome[] = []
  const program = createProgram(
    async (flags, job) => {
      const { check, limit, tags, forks, var: vars } = flags
      const given = [...vars, `toy_net=${group.net}`]
      const input = { root: group.root, inventory: 'lab', showScripts: false, check, limit, tags, vars: given, forks }
      const { connect, target } = group
      outcomes.push(await job.carryOut(input, { emit: (event) => events.push(event), connect, target }))
      return 0
    },
    [mysql, toy],
  )
  await program.parseAsync([...args], { from: 'user' })
  const results = outcomes.flatMap((one) => one.results)
  return {
    events,
    results,
    outcomes: Object.fromEntries(results.map(({ host, outcome }) => [host, outcome])),
    batches: events.flatMap((event) =>
      event.type === 'rollout-planned'
        ? event.tiers.flatMap(({ batches }) => batches.map(({ hosts, switchover }) => [hosts, switchover]))
        : [],
    ),
  }
}

/** Three nodes of version 1, with a write that all of them have. */
function converged(): Group {
  const group = toyGroup()
  for (const name of ['a', 'b', 'c']) {
    group.set(name, 'role', name === 'a' ? 'primary\n' : `replica ${folderOf(group.net, 'a')}\n`)
    group.set(name, 'version', '1\n')
    group.set(name, 'log', 'one\n')
  }
  return group
}

const UPGRADE = ['--var', 'toy_version=2']
const RESTARTED_AS_REPLICAS = ['a', 'b', 'c'].map((name) => [name, 'restarted as replica'])

/** How each node was restarted last. */
const lastRestarts = (group: Group) =>
  Object.entries(group.all('journal')).map(([name, journal]) => [name, journal.split('\n').at(-1)])

it('is converged, and then there is nothing to do', async () => {
  const group = toyGroup()
  const first = await provision(group)
  expect(first.outcomes, JSON.stringify(first.results)).toEqual({ a: 'changed', b: 'changed', c: 'changed' })
  expect(group.all('role')).toEqual({ a: 'primary', b: 'replica a', c: 'replica a' })
  expect((await provision(group)).outcomes).toEqual({ a: 'ok', b: 'ok', c: 'ok' })
})

it('its replicas are taken out, changed and gated, one after the other; the primary comes last, and is refused', async () => {
  const group = converged()
  const { outcomes, results, batches, events } = await provision(group, ...UPGRADE)
  expect(batches).toEqual([[['b', 'c', 'a'], undefined]])
  expect(outcomes).toEqual({ a: 'failed', b: 'changed', c: 'changed' })
  expect(results[0]?.failure).toMatchObject({ code: 'drain', message: expect.stringContaining('it is the primary') })
  expect(group.all('version')).toEqual({ a: '1', b: '2', c: '2' })
  expect(group.all('log')).toEqual({ a: 'one', b: 'one', c: 'one' })
  const steps = events.flatMap((event) => (event.type === 'step-started' && event.host === 'b' ? [event.key] : []))
  expect(steps).toEqual([
    'drain:it is no primary, and out of use',
    'toy-version:toy',
    'gate:it has what its source has',
    'undrain:in use',
  ])
})

it('a run that may move the primary changes all of them, the old primary as a replica, and loses no write', async () => {
  const group = converged()
  const check = await provision(group, '--check', '--switchover-to', 'b', ...UPGRADE)
  const batches = [
    [['b', 'c'], undefined],
    [['a'], { from: 'a', to: 'b' }],
  ]
  expect(check.batches).toEqual(batches)
  const done = await provision(group, '--switchover-to', 'b', ...UPGRADE)
  expect(done.outcomes, JSON.stringify(done.results)).toEqual({ a: 'changed', b: 'changed', c: 'changed' })
  expect(done.batches).toEqual(batches)
  expect(group.all('role')).toEqual({ a: 'replica b', b: 'primary', c: 'replica b' })
  expect(group.all('version')).toEqual({ a: '2', b: '2', c: '2' })
  expect(lastRestarts(group)).toEqual(RESTARTED_AS_REPLICAS)
  group.write('two')
  expect(group.all('log').b).toBe('one\ntwo')
  const [note] = done.events.flatMap((event) => (event.type === 'tier-note' ? [event.message] : []))
  expect(note).toMatch(/^b is the primary in place of a \(switchover: /)
  expect((await provision(group, '--switchover-to', 'b', ...UPGRADE)).outcomes).toEqual({ a: 'ok', b: 'ok', c: 'ok' })
})

it('what an earlier run left halfway is brought to its end before anything else', async () => {
  const group = converged()
  group.set('a', 'role', 'stopped\n')
  for (const name of ['b', 'c']) group.set(name, 'version', '2\n')
  const { outcomes, batches } = await provision(group, '--switchover-to', 'b', ...UPGRADE)
  expect(batches[0]).toEqual([['b'], { to: 'b' }])
  expect(outcomes).toEqual({ a: 'changed', b: 'ok', c: 'ok' })
  expect(group.all('role')).toEqual({ a: 'replica b', b: 'primary', c: 'replica b' })
})

it('provision switchover moves the primary, and nothing else', async () => {
  const group = converged()
  const args = ['switchover', '--tier', 'store', '--to', 'c']
  const check = await provision(group, ...args, '--check')
  expect(check.outcomes).toEqual({ a: 'planned', b: 'planned', c: 'planned' })
  expect(group.all('role')).toMatchObject({ a: 'primary' })
  expect((await provision(group, ...args)).outcomes).toEqual({ a: 'changed', b: 'changed', c: 'changed' })
  expect(group.all('role')).toEqual({ a: 'replica c', b: 'replica c', c: 'primary' })
  expect(group.all('log')).toMatchObject({ c: 'one' })
  expect((await provision(group, ...args)).outcomes).toEqual({ a: 'ok', b: 'ok', c: 'ok' })
})

it('a primary that is gone is replaced when somebody says so', async () => {
  const group = converged()
  group.lose('a')
  const args = ['switchover', '--tier', 'store', '--to', 'b']
  expect(await problemsOf(() => provision(group, ...args))).toEqual(['a could not be asked'])
  const { events } = await provision(group, ...args, '--primary-lost')
  expect(group.all('role')).toEqual({ a: 'primary', b: 'primary', c: 'replica b' })
  const notes = events.flatMap((event) => (event.type === 'run-finished' ? (event.notes ?? []) : []))
  expect(notes).toEqual(['a must not take writes again'])
})

it('a host that has no part in such a group is refused by the names of all products', async () => {
  const group = toyGroup()
  expect(await problemsOf(() => provision(group, '--switchover-to', 'd'))).toEqual([
    "--switchover-to: there is no host 'd' (did you mean 'a'?)",
  ])
})
