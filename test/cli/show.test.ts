import { copyFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createProgram } from '../../src/cli/program.ts'
import type { Event } from '../../src/execute/events.ts'
import { thisController } from '../../src/records/controller.ts'
import { recordsFolder } from '../../src/records/folder.ts'
import { headLine } from '../../src/records/shape.ts'
import { openRecord } from '../../src/records/writer.ts'
import { plainRenderer } from '../../src/render/plain.ts'
import { RUNS } from '../fixtures/events.ts'
import { projectFolder } from '../project-folder.ts'
import { aHead, written } from '../records/written.ts'
import { collecting } from '../render/collect.ts'

async function said(root: string, words: readonly string[]) {
  let [out, err] = ['', '']
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text, ...rest: unknown[]) => {
    out += String(text)
    for (const one of rest) if (typeof one === 'function') one()
    return true
  })
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text)
    return true
  })
  try {
    await createProgram().parseAsync(['--project', root, ...words], { from: 'user' })
  } finally {
    stdout.mockRestore()
    stderr.mockRestore()
  }
  const status = process.exitCode
  process.exitCode = undefined
  return { out, err, status }
}

function aProject() {
  const root = projectFolder({ 'inventories/site.yml': 'tiers: []', 'inventories/prod/hosts.yml': '' })
  vi.stubEnv('XDG_STATE_HOME', join(root, 'state'))
  onTestFinished(() => void vi.unstubAllEnvs())
  return { root, folder: recordsFolder(root, undefined).path }
}

it('shows a run as its terminal did: what plain lines of its events are, with who and when above', async () => {
  const { root, folder } = aProject()
  await written(folder, aHead({ argv: ['-i', 'prod', '--limit', 'web'] }), RUNS.failure(), 1)
  const { out, status } = await said(root, ['show'])
  expect(status).toBe(0)
  const [title, typed, , blank, ...rest] = out.split('\n')
  expect(title).toMatch(/^run 0123456789abcdef01 {2}2026-11-28 \S+ {2}\S+@\S+ in \/site$/)
  expect([typed, blank]).toEqual(['  provision -i prod --limit web', ''])
  expect(rest.join('\n')).toBe(await plainly(RUNS.failure()))
  const [record = ''] = readdirSync(folder)
  copyFileSync(join(folder, record), join(root, 'handed-over'))
  expect((await said(root, ['show', join(root, 'handed-over')])).out).toBe(out)
})

async function plainly(events: Iterable<Event>) {
  const { options, text } = collecting({ diff: true })
  const renderer = plainRenderer(options)
  for (const event of events) renderer.event(event)
  await renderer.finish()
  return text()
}

it('--json gives the events, with their times', async () => {
  const { root, folder } = aProject()
  await written(folder, aHead(), RUNS.changes())
  const { out } = await said(root, ['show', '0123', '--json'])
  const [header, ...events] = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(header).toMatchObject({ format: 'provision-events', version: 1 })
  expect(events).toMatchObject(JSON.parse(JSON.stringify([...RUNS.changes()])))
  expect(events.every(({ at }) => typeof at === 'number')).toBe(true)
})

it('of a killed run it shows what was told, and that it was killed', async () => {
  const { root, folder } = aProject()
  const file = '20261128T054321Z.prod.run.0123456789abcdef01.jsonl.gz'
  const failed = (error: unknown) => {
    throw error
  }
  const writer = openRecord({ folder, file, shared: false, failed })
  writer.line(headLine(aHead({ by: { ...thisController(), ticks: '1' } })))
  const events = [...RUNS.changes()]
  const cut = events.findIndex(({ type }) => type === 'step-started')
  for (const event of events.slice(0, cut + 1)) writer.line({ ...event, at: 1234 })
  onTestFinished(() => writer.finish({}))
  await vi.waitFor(async () => expect((await said(root, ['show'])).out).toContain('killed after 1.2 s'))
  const { out } = await said(root, ['show'])
  expect(out).toMatch(/end of the record: killed after 1\.2 s; in progress: web\d \(\S+\)\nnot begun: /)
})

it('tells of a run that there is not, and of a file that is none', async () => {
  const { root } = aProject()
  expect((await said(root, ['show'])).err).toMatch(/^there is no record of a run in .*state/)
  const other = join(root, 'inventories/site.yml')
  expect(await said(root, ['show', other])).toMatchObject({
    status: 1,
    err: expect.stringContaining('is no plan, and no record of a run'),
  })
})
