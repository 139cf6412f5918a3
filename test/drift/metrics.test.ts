import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { lookForDrift } from '../../src/cli/drift.ts'
import { driftMetrics } from '../../src/drift/metrics.ts'
import { writeTextfile } from '../../src/drift/textfile.ts'
import type { Event } from '../../src/execute/events.ts'
import { createFold } from '../../src/records/fold.ts'
import { RUNS } from '../fixtures/events.ts'
import { problemsOf, projectFolder } from '../project-folder.ts'

const found = (events: Iterable<Event>) => {
  const fold = createFold()
  for (const event of events) fold.event(event)
  return fold.outcome()
}
const samples = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))

it('counts what differs by host, without handlers, and what became of the look', () => {
  const text = driftMetrics({
    ...found(RUNS.check()),
    inventory: 'prod',
    status: 2,
    ended: 1_764_308_601,
    seconds: 4.2,
  })
  expect(samples(text)).toMatchSnapshot()
  const families = [...text.matchAll(/^# TYPE (\S+) gauge$/gm)].map(([, name]) => name)
  expect(new Set(families).size).toBe(families.length)
  for (const line of samples(text)) expect(line).toMatch(/^[a-z_]+\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\} [0-9.]+$/)
})

it('of a host that could not be read no count is told, but that it could not be', () => {
  const text = driftMetrics({ ...found(RUNS.unreachable()), inventory: 'prod', status: 1, ended: 1, seconds: 1 })
  const unread = samples(text).filter((line) => /^provision_drift_readable.* 0$/.test(line))
  expect(unread.length).toBeGreaterThan(0)
  for (const line of unread) {
    const [, host] = /host="([^"]+)"/.exec(line) ?? []
    expect(text).not.toMatch(new RegExp(`provision_drift_resources\\{[^}]*host="${host}"`))
  }
})

it('quotes what a label may hold', () => {
  const none = { hosts: [], summary: undefined, status: 1, ended: 1, seconds: 1 }
  expect(driftMetrics({ ...none, inventory: '/a "b"\\c\n' })).toContain('{inventory="/a \\"b\\"\\\\c\\n"}')
})

it('is replaced at once, readable for the collector, and leaves nothing beside', async () => {
  const dir = projectFolder({ 'prod.prom': 'old\n' })
  chmodSync(join(dir, 'prod.prom'), 0o600)
  await writeTextfile(join(dir, 'prod.prom'), 'new\n')
  expect(readFileSync(join(dir, 'prod.prom'), 'utf8')).toBe('new\n')
  expect(statSync(join(dir, 'prod.prom')).mode & 0o777).toBe(0o644)
  expect(readdirSync(dir)).toEqual(['prod.prom'])
  const [refused = ''] = await problemsOf(() => writeTextfile(join(dir, 'none/prod.prom'), ''))
  expect(refused).toMatch(/^the metrics can't be written to .*none\/prod\.prom: ENOENT/)
})

const look = (root: string, textfile: string) =>
  lookForDrift(
    {
      ...{ root, inventory: 'prod', check: true, forks: 1, limit: [], tags: [], vars: [], showScripts: false },
      ageKeys: undefined,
    },
    { emit: () => undefined },
    textfile,
  )

it('tells also that the input is wrong, and refuses a file that nobody would read before anything is asked', async () => {
  const root = projectFolder({ 'inventories/site.yml': 'tiers: []\n', 'inventories/prod/hosts.yml': 'tiers: {}\n' })
  const [refused = ''] = await problemsOf(() => look(root, join(root, 'prod.txt')))
  expect(refused).toContain('node_exporter reads files whose names end in .prom')
  writeFileSync(join(root, 'prod.prom'), 'old\n')
  expect(await problemsOf(() => look(root, join(root, 'prod.prom')))).not.toEqual([])
  const text = readFileSync(join(root, 'prod.prom'), 'utf8')
  expect(text).toContain('provision_last_run_status{inventory="prod"} 1\n')
  expect(text).not.toContain('provision_drift_readable')
})
