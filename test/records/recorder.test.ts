import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import type { Event } from '../../src/execute/events.ts'
import { thisController } from '../../src/records/controller.ts'
import { DEFAULT_POLICY, type RecordsPolicy, recordsFolder } from '../../src/records/folder.ts'
import { isOverview, overviewOf, recordNames } from '../../src/records/list.ts'
import { readEvents } from '../../src/records/read.ts'
import type { RecordHead } from '../../src/records/record.ts'
import { createRecorder, type Recorder } from '../../src/records/recorder.ts'
import { prune } from '../../src/records/retention.ts'
import { headLine } from '../../src/records/shape.ts'
import { RUNS } from '../fixtures/events.ts'
import { projectFolder } from '../project-folder.ts'
import { aHead as headOf } from './written.ts'

let ids = 0
const aHead = (more: Partial<RecordHead> = {}) => headOf({ id: (++ids).toString(16).padStart(18, '0'), ...more })

function recording(path: string, head: RecordHead, policy: RecordsPolicy = DEFAULT_POLICY) {
  const warnings: string[] = []
  const recorder = createRecorder({ warn: (message) => warnings.push(message) })
  recorder.begin({ head, folder: { path, shared: true }, policy })
  return { recorder, warnings }
}

async function record(path: string, events: readonly Event[], head = aHead(), policy?: RecordsPolicy) {
  const { recorder, warnings } = recording(path, head, policy)
  for (const event of events) recorder.event(event)
  await recorder.finish(0)
  return warnings
}

const overviews = async (path: string) => Promise.all((await recordNames(path)).map((name) => overviewOf(path, name)))

async function eventsIn(path: string): Promise<Event[]> {
  const events: Event[] = []
  for await (const { event } of readEvents(path)) events.push(event)
  return events
}

/** As they come back: without undefined fields, with the time. */
const kept = (events: readonly Event[]) => JSON.parse(JSON.stringify(events))

it.each(Object.entries(RUNS))('all that a run tells is in its record, in its order: %s', async (_, events) => {
  const path = projectFolder({})
  expect(await record(path, [...events()])).toEqual([])
  const [file = ''] = readdirSync(path)
  expect(await eventsIn(join(path, file))).toMatchObject(kept([...events()]))
})

it('two that write to one folder at once have a record each, which the group may read', async () => {
  const path = projectFolder({})
  const two = [aHead(), aHead()].map((head) => recording(path, head).recorder)
  for (const event of RUNS.changes()) for (const one of two) one.event(event)
  await Promise.all(two.map((one: Recorder) => one.finish(0)))
  const files = readdirSync(path)
  expect(files).toHaveLength(2)
  for (const file of files) {
    expect(statSync(join(path, file)).mode & 0o777).toBe(0o640)
    expect(await eventsIn(join(path, file))).toMatchObject(kept([...RUNS.changes()]))
  }
})

it('a list reads the first line of a record, which says what the others amount to', async () => {
  const path = projectFolder({})
  await record(path, [...RUNS.changes()])
  const [file = ''] = readdirSync(path)
  const [first = ''] = gunzipSync(readFileSync(join(path, file)))
    .toString()
    .split('\n')
  const [overview] = await overviews(path)
  if (!overview || !isOverview(overview)) throw new Error('no record')
  expect(JSON.parse(first)).toMatchObject({ format: 'provision-record', version: 1, end: { status: 0 } })
  expect(overview.end).toEqual(JSON.parse(first).end)
})

it('what was told before the run began is in the record, too', async () => {
  const path = projectFolder({})
  const recorder = createRecorder({ warn: () => undefined })
  recorder.event({ type: 'warning', message: 'early' })
  recorder.begin({ head: aHead(), folder: { path, shared: true }, policy: DEFAULT_POLICY })
  await recorder.finish(0)
  expect(await eventsIn(join(path, readdirSync(path)[0] ?? ''))).toMatchObject([{ message: 'early' }])
})

it('where the folder is no folder, that is told once', async () => {
  const path = join(projectFolder({ file: '' }), 'file', 'in')
  expect(await record(path, [...RUNS.changes()])).toEqual([
    expect.stringMatching(/^the record of this run can't be written in .*: ENOTDIR/),
  ])
})

it('a file that is there is never written to, nor what a link leads to', async () => {
  const path = projectFolder({ theirs: 'theirs' })
  const head = aHead()
  const file = `20261128T054321Z.prod.run.${head.id}.jsonl.gz.part`
  writeFileSync(join(path, file), 'theirs')
  expect(await record(path, [...RUNS.changes()], head)).toHaveLength(1)
  expect(readFileSync(join(path, file), 'utf8')).toBe('theirs')
})

const policy = (keep: number, days = 10): RecordsPolicy => ({ keep, days })
const NOW = Date.parse('2026-11-28T06:00:00Z')
const fileOf = (time: string, rest: string) => `202611${time}.${rest}.0123456789abcdef01.jsonl.gz`

it('the newest of each inventory stay, as many dry ones, and none that is too old', async () => {
  const [a, b, c] = [
    fileOf('28T054321Z', 'prod.run'),
    fileOf('27T000000Z', 'prod.run'),
    fileOf('26T000000Z', 'prod.run'),
  ]
  const others = [fileOf('20T000000Z', 'prod.check'), fileOf('20T000000Z', 'staging.run')]
  const old = fileOf('01T000000Z', 'lab.run')
  const path = projectFolder(Object.fromEntries([a, b, c, ...others, old, 'notes.txt'].map((file) => [file, ''])))
  await prune(path, policy(2), NOW)
  expect(readdirSync(path).toSorted()).toEqual([a, b, ...others, 'notes.txt'].toSorted())
})

it('what is being written stays, however old; what a killed run left goes in its turn', async () => {
  const line = (more: Partial<RecordHead['by']>) =>
    gzipSync(`${JSON.stringify(headLine(aHead({ by: { ...thisController(), ...more } })))}\n`)
  const path = projectFolder({})
  const [mine, dead, far, lost, staged] = ['1', '2', '3', '4', '5'].map((day) =>
    fileOf(`0${day}T000000Z`, 'prod.run').concat(day === '5' ? '.new' : '.part'),
  )
  const files = { [mine ?? '']: line({}), [dead ?? '']: line({ ticks: '1' }), [staged ?? '']: '' }
  const abroad = { [far ?? '']: line({ place: 'elsewhere' }), [lost ?? '']: line({ place: 'elsewhere' }) }
  for (const [file, bytes] of Object.entries({ ...files, ...abroad })) writeFileSync(join(path, file), bytes)
  // Nobody gave a sign of life for an hour.
  utimesSync(join(path, lost ?? ''), Date.now() / 1000 - 3600, Date.now() / 1000 - 3600)
  await prune(path, policy(1, 1), NOW)
  expect(readdirSync(path).toSorted()).toEqual([mine, far, staged].toSorted())
})

it('a damaged end is an end: what stands before it is read', async () => {
  const path = projectFolder({})
  await record(path, [...RUNS.changes()])
  const [file = ''] = readdirSync(path)
  const bytes = readFileSync(join(path, file))
  const events = [...RUNS.changes()]
  for (const share of [0.5, 0.9, 0.99]) {
    const cut = join(path, 'cut')
    writeFileSync(cut, bytes.subarray(0, Math.floor(bytes.length * share)))
    const found = await eventsIn(cut)
    expect(found).toMatchObject(kept(events.slice(0, found.length)))
    writeFileSync(cut, Buffer.concat([bytes.subarray(0, Math.floor(bytes.length * share)), Buffer.from('rubbish')]))
    expect((await eventsIn(cut)).length).toBeLessThanOrEqual(events.length)
  }
})

it('records lie in a folder of the project, or where site.yml says', () => {
  const env = { XDG_STATE_HOME: '/state' }
  expect(recordsFolder('/work/site', undefined, env, '/home/me')).toEqual({
    path: expect.stringMatching(/^\/state\/provision\/records\/site-[0-9a-f]{8}$/),
    shared: false,
  })
  expect(recordsFolder('/work/site', undefined, { XDG_STATE_HOME: 'state' }, '/home/me').path).toMatch(
    /^\/home\/me\/\.local\/state\/provision\/records\/site-/,
  )
  expect(recordsFolder('/work/site', '~/kept', env, '/home/me')).toEqual({ path: '/home/me/kept', shared: true })
  expect(recordsFolder('/work/site', 'kept', env, '/home/me').path).toBe('/work/site/kept')
  expect(recordsFolder('/work/site', '/srv/kept', env, '/home/me').path).toBe('/srv/kept')
})

it('a list of no folder is empty; what else lies in it is no record', async () => {
  const path = projectFolder({ 'notes.txt': '' })
  mkdirSync(join(path, 'in'))
  expect(await recordNames(join(path, 'none'))).toEqual([])
  expect(await recordNames(path)).toEqual([])
})
