import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { HostResult } from '../../src/execute/events.ts'
import type { Trouble } from '../host/fake-host.ts'
import { type FakeProject, fakeProject } from '../host/fake-project.ts'

/**
 * Every boundary of drain, change, handlers, gates and undrain, and every accident: whatever happened, the first run says
 * how it left the host, and a second one, right after it, ends with everything as declared.
 */
interface Accident {
  readonly what: 'cut' | 'drop' | 'die' | 'killed'
  /** Which of the run's execs has it, on whichever host. */
  readonly at: number
  /** Share of the answer that comes before it. */
  readonly after?: number
  /** Share of the answer that comes through of that; all of it, where not said. */
  readonly heard?: number
}

/** How long the answer to each exec is, in a run without accidents. */
type Sizes = readonly number[]

const each = (sizes: Sizes, what: Accident['what']): Accident[] => sizes.map((_, at) => ({ what, at }))

/** Which exec marks the host, changes it, takes the mark away. */
const [MARK, CHANGE, UNMARK] = [1, 4, 9]

/** Before an exec, while it is at work, and at the steps within those that change the host. */
const accidentsOf = (sizes: Sizes): Accident[] => [
  ...each(sizes, 'cut'),
  ...each(sizes, 'drop'),
  ...each(sizes, 'killed'),
  ...[0.15, 0.3, 0.45, 0.6, 0.75, 0.9].map((after) => ({ what: 'die' as const, at: CHANGE, after })),
  ...[0.45, 0.75].map((after) => ({ what: 'die' as const, at: CHANGE, after, heard: 0 })),
  ...[MARK, UNMARK].map((at) => ({ what: 'die' as const, at, after: 0.7 })),
]

test('whatever happens at whichever exec of a run, a second one makes it good', { timeout: 300_000 }, async () => {
  const project = await fakeProject(['web1'], 'new')
  const sizes = await sizesOf(project)
  // Probed, marked, drained, waited for, changed, probed, gated, put back, waited for, unmarked, verified.
  expect(sizes).toHaveLength(11)
  // Most of the time is waiting: for the end of what a dead controller had begun, for instance.
  const projects = [project]
  while (projects.length < 4) projects.push(await fakeProject(['web1'], 'new'))
  const accidents = accidentsOf(sizes).values()
  await Promise.all(
    projects.map(async (one) => {
      for (const accident of accidents) await madeGood(one, accident, sizes)
    }),
  )
})

async function sizesOf(project: FakeProject): Promise<Sizes> {
  const sizes: number[] = []
  project.reset('old')
  project.onExec(
    () => undefined,
    (bytes) => sizes.push(bytes),
  )
  const { results } = await project.run()
  project.onExec(() => undefined)
  expect(results).toMatchObject([{ outcome: 'changed', pendingHandlers: [], putBack: true }])
  expectDone(project)
  return sizes
}

async function madeGood(project: FakeProject, accident: Accident, sizes: Sizes): Promise<void> {
  project.reset('old')
  const first = await firstRun(project, accident, sizes)
  project.onExec(() => undefined)
  await project.quiet()
  const told = JSON.stringify(accident)
  if (first) expectTrueWords(project, first, told)
  const { results } = await project.run()
  expect(results, told).toMatchObject([{ outcome: expect.stringMatching(/^(ok|changed)$/), pendingHandlers: [] }])
  expect(results[0]?.drained, told).toBeUndefined()
  expectDone(project, told)
}

/** @returns undefined: nobody heard what became of it */
async function firstRun(
  project: FakeProject,
  { what, at, after = 0, heard }: Accident,
  sizes: Sizes,
): Promise<HostResult | undefined> {
  if (what === 'killed') {
    await project.killedAt(at)
    await project.quiet()
    // Its lease is over: who waits for that is tried elsewhere.
    project.web1.later(31)
    return undefined
  }
  let execs = 0
  const bytes = (share: number) => Math.floor(share * (sizes[at] ?? 0))
  const accident: Trouble =
    what === 'cut' ? { what } : { what, after: bytes(after), heard: heard === undefined ? undefined : bytes(heard) }
  project.onExec(() => (execs++ === at ? accident : undefined))
  const { results } = await project.run()
  return results[0]
}

/** What it says of a host is how the host is, or may be. */
function expectTrueWords(project: FakeProject, result: HostResult, told: string): void {
  const { failure, outcome } = result
  const isOut = existsSync(join(project.balancer.root, 'drained/web1'))
  if (isOut) expect(result.drained, told).toBe(true)
  expect(
    markers(project).filter((id) => !result.pendingHandlers.includes(id)),
    told,
  ).toEqual([])
  if (outcome !== 'failed') return
  expect(['unreachable', 'drain', 'gate', 'verify'], told).toContain(failure?.code)
  if (result.drained) expect(failure?.hint, told).toMatch(/out of service.*run again|run again.*out of service/)
}

const markers = ({ web1 }: FakeProject): string[] => {
  const dir = join(web1.target.stateDir, 'pending')
  return existsSync(dir)
    ? readdirSync(dir).flatMap((name) => (name.startsWith('.') ? [] : [decodeURIComponent(name)]))
    : []
}

/** As declared, in service, and nothing pending: the unit and the handler have both read what is there. */
function expectDone(project: FakeProject, told = ''): void {
  const { web1, balancer } = project
  expect([web1.read('etc/site.conf'), web1.read('seen'), web1.read('published')], told).toEqual(Array(3).fill('new\n'))
  expect(existsSync(join(web1.target.stateDir, 'drained')), told).toBe(false)
  expect(readdirSync(join(balancer.root, 'drained')), told).toEqual(['.keep'])
  expect(markers(project), told).toEqual([])
}
