import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { newResource } from '../../scripts/new-resource.ts'
import { scratch } from '../resources/converge.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))

const checkout = () => {
  const root = scratch()
  for (const path of [
    'src/resources/_template.ts',
    'test/resources/_template.test.ts',
    'test/resources/fixtures/_template',
  ]) {
    cpSync(join(project, path), join(root, path), { recursive: true })
  }
  return root
}

test('a new kind has its source, its fixture with script, and its test', () => {
  const root = checkout()
  expect(newResource(root, 'cron-job')).toEqual([
    'src/resources/cron-job.ts',
    'test/resources/fixtures/cron-job/changes.ts',
    'test/resources/fixtures/cron-job/changes.apply.sh',
    'test/resources/cron-job.test.ts',
  ])
  const source = readFileSync(join(root, 'src/resources/cron-job.ts'), 'utf8')
  expect(source).toContain('export const cronJobKind: ResourceKind<CronJob, CronJobState> = {')
  expect(source).toContain('export const cronJob = constructorOf(cronJobKind, { fields: CRON_JOB })')
  for (const path of readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.includes('cron-job.'),
  )) {
    expect(readFileSync(join(root, path), 'utf8')).not.toMatch(/template/i)
  }
})

test('a name that is none, or is taken, writes nothing', () => {
  const root = checkout()
  for (const name of ['', 'Cron', '../x', 'a--b', '_template'])
    expect(() => newResource(root, name)).toThrow('not a name')
  newResource(root, 'job')
  expect(() => newResource(root, 'job')).toThrow('is there already')
})
