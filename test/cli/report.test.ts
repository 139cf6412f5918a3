import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createProgram } from '../../src/cli/program.ts'
import { recordsFolder } from '../../src/records/folder.ts'
import { RUNS } from '../fixtures/events.ts'
import { projectFolder } from '../project-folder.ts'
import { aHead, written } from '../records/written.ts'

async function report(root: string, ...words: readonly string[]) {
  let told = ''
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      told += String(text)
      return true
    }),
  )
  try {
    await createProgram().parseAsync(['--project', root, 'report', ...words], { from: 'user' })
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
  const status = process.exitCode
  process.exitCode = undefined
  return { told, status }
}

async function aProject() {
  const root = projectFolder({ 'inventories/site.yml': 'tiers: []', 'inventories/prod/hosts.yml': '' })
  vi.stubEnv('XDG_STATE_HOME', join(root, 'state'))
  onTestFinished(() => void vi.unstubAllEnvs())
  const { path } = recordsFolder(root, undefined)
  await written(path, aHead(), RUNS.changes())
  return { root, path }
}

it('writes the page of a run, which only the user may read, and says where', async () => {
  const { root, path } = await aProject()
  const out = join(root, 'report.html')
  expect(await report(root, '0123', '--out', out)).toEqual({ told: `${out}\n`, status: 0 })
  const page = readFileSync(out, 'utf8')
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/)
  expect(page).toContain('<title>prod: 2 changed, 2 ok in 12.3 s</title>')
  expect(statSync(out).mode & 0o777).toBe(0o600)
  // A record that was handed over, to standard output: the same page.
  const [file = ''] = readdirSync(path)
  expect((await report(root, join(path, file), '--out', '-')).told).toBe(page)
})

it('tells what is wrong: no such run, a file that is no record, a place that can not be written', async () => {
  const { root } = await aProject()
  const out = join(root, 'report.html')
  expect((await report(root, 'ffff', '--out', out)).told).toMatch(
    /no file 'ffff', and no record of a run of that name.*\n {2}→ provision history/,
  )
  const site = join(root, 'inventories/site.yml')
  expect((await report(root, site, '--out', out)).told).toContain(`${site} is no record of a run`)
  const { told, status } = await report(root, '--out', join(root, 'missing', 'report.html'))
  expect([told, status]).toEqual([expect.stringContaining('ENOENT'), 1])
})
