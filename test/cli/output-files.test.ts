import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { outputFiles } from '../../src/cli/output-files.ts'
import { InputError } from '../../src/errors.ts'
import { RUNS } from '../fixtures/events.ts'

const dir = mkdtempSync(join(tmpdir(), 'output-files-'))
afterAll(() => rmSync(dir, { recursive: true }))
const OPTIONS = { diff: true, verbosity: 0 }

it('a run is written at its end, and what an earlier one left is gone from the begin', async () => {
  const [markdown, junit] = [join(dir, 'plan.md'), join(dir, 'plan.xml')]
  writeFileSync(markdown, 'of an earlier run')
  const files = outputFiles({ markdown, junit }, OPTIONS)
  await files.begin()
  expect(existsSync(markdown)).toBe(false)
  for (const event of RUNS.check()) files.event(event)
  expect(await files.finish()).toEqual([])
  expect(readFileSync(markdown, 'utf8')).toContain('dry run')
  expect(readFileSync(junit, 'utf8')).toContain('<testsuites name="')
  expect(readdirSync(dir).toSorted()).toEqual(['plan.md', 'plan.xml'])
})

it('a folder that is not there is told before anything begins, and nothing is written at the end', async () => {
  const files = outputFiles({ markdown: join(dir, 'none', 'plan.md') }, OPTIONS)
  const error = await files.begin().catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(InputError)
  expect(error instanceof InputError && error.problems[0]?.message).toMatch(/none\/plan\.md can't be written: ENOENT/)
  expect(await files.finish()).toEqual([])
})

it('a file that can be written no more is told', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'output-files-'))
  const files = outputFiles({ junit: join(folder, 'plan.xml') }, OPTIONS)
  await files.begin()
  rmSync(folder, { recursive: true })
  expect(await files.finish()).toEqual([expect.stringMatching(/plan\.xml is not written: ENOENT/)])
})
