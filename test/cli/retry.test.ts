import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { HostFlags } from '../../src/cli/host-options.ts'
import { createProgram } from '../../src/cli/program.ts'
import { recordsFolder } from '../../src/records/folder.ts'
import { RUNS } from '../fixtures/events.ts'
import { projectFolder } from '../project-folder.ts'
import { aHead, written } from '../records/written.ts'

/** What is begun by a command line, and what is told of it. */
async function begunBy(root: string, words: readonly string[]) {
  const begun: { name: string | undefined; flags: HostFlags }[] = []
  let told = ''
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text)
    return true
  })
  const program = createProgram(async (flags, { name }) => {
    begun.push({ name, flags })
    return 0
  })
  try {
    await program.parseAsync(['--project', root, ...words], { from: 'user' })
  } finally {
    stderr.mockRestore()
  }
  const status = process.exitCode
  process.exitCode = undefined
  return { begun, told, status }
}

function aProject(): string {
  const root = projectFolder({ 'inventories/site.yml': 'tiers: []', 'inventories/prod/hosts.yml': '' })
  vi.stubEnv('XDG_STATE_HOME', join(root, 'state'))
  onTestFinished(() => void vi.unstubAllEnvs())
  return root
}

it('does what is left of the last run that was to change hosts, as then, and shows it as it is told now', async () => {
  const root = aProject()
  const folder = recordsFolder(root, undefined).path
  const again = ['upgrade', '--inventory', 'prod', '--project', '/elsewhere', '--tier', 'web', '--forks', '3']
  await written(folder, aHead({ id: 'aaaaaaaaaaaaaaaaaa', again }), RUNS.failure(), 1)
  const later = { id: 'bbbbbbbbbbbbbbbbbb', began: '2026-11-28T06:00:00.000Z', check: true }
  await written(folder, aHead(later), RUNS.check(), 2)
  const { begun, told } = await begunBy(root, ['--retry', '-i', 'prod', '-v', '--no-diff', '--check'])
  expect(begun).toHaveLength(1)
  expect(begun[0]?.name).toBe('upgrade')
  const kept = { inventory: 'prod', project: root, tier: ['web'], forks: 3, verbose: 1, diff: false, check: true }
  expect(begun[0]?.flags).toMatchObject(kept)
  expect(begun[0]?.flags.limit).toHaveLength(1)
  expect(told).toMatch(/^retry of run aaaaaaaa \(.*\)\n {2}failed: /)
  expect(told).toContain('as then: provision upgrade --inventory prod')
  // Without a name of an inventory it is the last run of the project; a run can be named.
  expect((await begunBy(root, ['--retry'])).begun).toEqual((await begunBy(root, ['--retry', 'aaaa'])).begun)
})

it('an apply of a kept plan is the same once more: the plan knows its hosts, and takes no others', async () => {
  const root = aProject()
  const folder = recordsFolder(root, undefined).path
  const again = ['apply', 'gone.plan']
  await written(folder, aHead({ id: 'aaaaaaaaaaaaaaaaaa', again, limit: ['web'] }), RUNS.failure(), 1)
  const { told, status } = await begunBy(root, ['--retry'])
  expect(told).toContain('as then: provision apply gone.plan\n')
  // As far as the file, that is.
  expect([status, told]).toEqual([1, expect.stringContaining('there is no file gone.plan')])
  expect((await begunBy(root, ['--retry', '--check'])).told).toContain(
    '--retry with --check: run aaaaaaaa applied a kept plan, which is applied as it is',
  )
})

it('says so where there is nothing to be done, and refuses what contradicts it', async () => {
  const root = aProject()
  const folder = recordsFolder(root, undefined).path
  expect(await begunBy(root, ['--retry', '-i', 'prod'])).toMatchObject({
    begun: [],
    status: 1,
    told: expect.stringMatching(/^nothing to retry: there is no record of a run of prod that was to change hosts\n/),
  })
  await written(folder, aHead({ id: 'aaaaaaaaaaaaaaaaaa' }), RUNS.changes())
  await written(folder, aHead({ id: 'bbbbbbbbbbbbbbbbbb', check: true }), RUNS.check(), 2)
  expect(await begunBy(root, ['--retry'])).toMatchObject({
    begun: [],
    status: 0,
    told: expect.stringMatching(/^nothing to retry: run aaaaaaaa of prod/),
  })
  expect((await begunBy(root, ['--retry', 'bbbb'])).told).toContain('was a dry run')
  expect((await begunBy(root, ['--retry', '--limit', 'web1'])).told).toContain('--retry with --limit')
})
