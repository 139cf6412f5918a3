import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { Event } from '../../../src/execute/events.ts'
import { findRecords, namedRecord, readRecords } from '../../../src/looking/history/find.ts'
import { historyLines, typedOf } from '../../../src/looking/history/lines.ts'
import { nothingLeft, retryOf } from '../../../src/looking/history/retry.ts'
import { selected } from '../../../src/looking/history/select.ts'
import { recordsFolder } from '../../../src/records/folder.ts'
import { overviewOf, recordNames } from '../../../src/records/list.ts'
import type { RecordOverview } from '../../../src/records/read.ts'
import type { RecordHead } from '../../../src/records/record.ts'
import { paint } from '../../../src/render/format/line.ts'
import { RUNS } from '../../fixtures/events.ts'
import { problemsOf, projectFolder } from '../../project-folder.ts'
import { aHead, written } from '../../records/written.ts'

const by = { user: 'tester', machine: 'desk', pid: 1 }
const head = (day: number, more: Partial<RecordHead> = {}): RecordHead =>
  aHead({ id: `${day}a0b1c2d3e4f5a6b7`, began: new Date(2026, 10, day, 5, 43, 21).toISOString(), by, ...more })

function aProject(files: Readonly<Record<string, string>> = {}): string {
  const root = projectFolder({
    'inventories/site.yml': 'tiers: []',
    'inventories/prod/hosts.yml': '',
    'inventories/lab/hosts.yml': '',
    ...files,
  })
  vi.stubEnv('XDG_STATE_HOME', join(root, 'state'))
  onTestFinished(() => void vi.unstubAllEnvs())
  return root
}

const shown = async (root: string, filter: { hosts?: string[]; resources?: string[] } = {}, inventory?: string) => {
  const { hosts = [], resources = [] } = filter
  const found = await findRecords({ project: root, inventory })
  const { fitting } = await readRecords(found, (one) => selected(one, { hosts, resources }))
  return historyLines(fitting, hosts.length + resources.length > 0).map((one) => paint(one, false))
}

it('runs are listed newest first, whatever else is wrong with the inventory', async () => {
  const root = aProject({ 'inventories/prod/site.yml': 'tiers: [', 'inventories/prod/hosts.yml': 'nonsense: [' })
  const folder = recordsFolder(root, undefined).path
  await written(folder, head(1, { argv: ['-i', 'prod', '--limit', 'web 1'] }), RUNS.changes())
  await written(folder, head(2, { check: true, argv: ['--check'] }), RUNS.check(), 2)
  await written(folder, head(3, { inventory: 'lab' }), RUNS.failure(), 1)
  const [, third, second, first] = await shown(root)
  expect(third).toMatch(/^3a0b1c2d {2}2026-11-03 05:43:21 {2}tester@desk {2}-i prod +\d+ changed, .*1 failed/)
  expect(second).toMatch(/^2a0b1c2d .* --check +\d+ would change, /)
  expect(first).toMatch(/-i prod --limit 'web 1' /)
  expect(await shown(root, {}, 'lab')).toHaveLength(2)
})

it('only runs that a host was in, or that changed a resource, with what became of it', async () => {
  const root = aProject()
  const folder = recordsFolder(root, undefined).path
  await written(folder, head(1), RUNS.changes())
  await written(folder, head(2, { check: true }), RUNS.check(), 2)
  await written(folder, head(3), RUNS.clean())
  expect(await shown(root, { resources: ['nginx.service'] })).toEqual([])
  const nginx = await shown(root, { hosts: ['web1'], resources: ['package:nginx'] })
  expect(nginx.filter((text) => text.startsWith('    '))).toEqual([
    '    web1 would change: package:nginx',
    '    web1 changed: package:nginx',
  ])
  expect((await shown(root, { hosts: ['web1'] })).filter((text) => text.startsWith('    web1'))).toHaveLength(3)
  expect(await shown(root, { hosts: ['nobody'] })).toEqual([])
})

it('the records of all inventories are found, wherever each has them', async () => {
  const root = aProject({ 'inventories/lab/site.yml': 'tiers: []\nrecords: { dir: shared }\n' })
  await written(recordsFolder(root, undefined).path, head(1), RUNS.changes())
  await written(join(root, 'shared'), head(2, { inventory: 'lab' }), RUNS.changes())
  expect((await findRecords({ project: root })).records.map(({ name }) => name.inventory)).toEqual(['lab', 'prod'])
  expect((await findRecords({ project: root, inventory: 'prod' })).records).toHaveLength(1)
  expect((await findRecords({ project: root, inventory: 'inventories/lab' })).records).toHaveLength(1)
})

it('a run is named by as much of its name as tells it from others', async () => {
  const root = aProject()
  const folder = recordsFolder(root, undefined).path
  await written(folder, head(1, { id: '1aaaaaaaaaaaaaaaaa' }), RUNS.clean())
  await written(folder, head(2, { id: '1aaaabbbbbbbbbbbbb' }), RUNS.clean())
  const found = await findRecords({ project: root })
  expect(namedRecord(found, 'latest').name.id).toBe('1aaaabbbbbbbbbbbbb')
  expect(namedRecord(found, '1AAAAA').name.id).toBe('1aaaaaaaaaaaaaaaaa')
  expect(await problemsOf(() => namedRecord(found, '1aaaa'))).toEqual([
    "several runs begin with '1aaaa': 1aaaabbbbbbbbbbbbb, 1aaaaaaaaaaaaaaaaa (give more of its name)",
  ])
  const [none = ''] = await problemsOf(() => namedRecord(found, 'ffff'))
  expect(none).toContain("there is no file 'ffff', and no record of a run of that name in")
})

it("somebody else's record that can't be read is counted, not lost", async () => {
  const root = aProject()
  const folder = recordsFolder(root, undefined).path
  await written(folder, head(1), RUNS.clean())
  mkdirSync(join(folder, '20261128T054321Z.prod.run.0123456789abcdef99.jsonl.gz'))
  const { fitting, unreadable } = await readRecords(await findRecords({ project: root }), (one) => one)
  expect(fitting).toHaveLength(1)
  expect(unreadable).toMatchObject([{ why: 'EISDIR' }])
})

async function overview(events: Iterable<Event>, more: Partial<RecordHead> = {}): Promise<RecordOverview> {
  const folder = projectFolder({})
  await written(folder, head(1, more), events)
  const [name] = await recordNames(folder)
  const one = name && (await overviewOf(folder, name))
  if (!one || !('head' in one)) throw new Error(`no record among ${readdirSync(folder).join()}`)
  return one
}

it('a retry is of the hosts that failed or were not begun, with the same words', async () => {
  const again = ['upgrade', '--inventory', 'prod', '--tier', 'web', '--yes']
  const one = await overview(RUNS.failure(), { again, limit: ['web'] })
  const retry = retryOf(one, [])
  expect(retry?.failed.length).toBeGreaterThan(0)
  const left = [...(retry?.failed ?? []), ...(retry?.notBegun ?? [])].join(',')
  expect(retry?.words).toEqual([...again, '--limit', left])
})

it('of a run that ended well nothing is left, and that is said', async () => {
  const one = await overview(RUNS.changes())
  expect(retryOf(one, [])).toBeUndefined()
  expect(nothingLeft(one)).toMatch(/^nothing to retry: run 1a0b1c2d of prod \(.*\) left no host failed or not begun: /)
})

it('of a killed run all hosts are left whose end nobody heard', async () => {
  const events = [...RUNS.changes()]
  const cut = events.findIndex(({ type }) => type === 'step-started')
  const one = await overview(events.slice(0, cut + 1))
  const retry = retryOf(one, [])
  expect(retry?.failed).toHaveLength(1)
  expect(retry?.notBegun.length).toBeGreaterThan(0)
})

it('hosts that were changed together are retried together', async () => {
  const events = [...RUNS.failure()].map((event) => (event.type === 'run-finished' ? { ...event, whole: true } : event))
  expect(retryOf(await overview(events, { limit: ['db'] }), [])?.words.slice(-2)).toEqual(['--limit', 'db'])
  expect(retryOf(await overview(events), [])?.words).toEqual(['--inventory', 'prod'])
})

it('a secret that was on the command line is asked for, since no record has it', async () => {
  const again = ['--inventory', 'prod', '--var', 'key=‹secret›', '--var', 'port=1']
  const one = await overview(RUNS.failure(), { again })
  expect(await problemsOf(() => retryOf(one, []))).toEqual([
    'the run was given a secret, which its record does not have: --var key=‹secret› (add it: --retry --var key=VALUE)',
  ])
  expect(retryOf(one, ['key=x'])?.words.slice(0, 4)).toEqual(['--inventory', 'prod', '--var', 'port=1'])
})

it('a run that is at work is not retried', async () => {
  const one = await overview(RUNS.failure())
  const [refused = ''] = await problemsOf(() => retryOf({ ...one, state: 'running' }, []))
  expect(refused).toMatch(/^run 1a0b1c2d is still at work \(tester@desk, since 2026-11-01 05:43:21\)/)
})

it('a retry says what it was', () => {
  const of = { argv: ['--retry'], again: ['--inventory', 'prod'], limit: ['web1,web2'] }
  expect(typedOf({ head: head(1, of) })).toBe('--retry (--inventory prod --limit web1,web2)')
})
