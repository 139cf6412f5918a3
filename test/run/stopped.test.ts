import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { connect } from '../../src/connection/connect.ts'
import type { Event } from '../../src/execute/events.ts'
import { run } from '../../src/run/run.ts'
import { projectFolder } from '../project-folder.ts'

const NAMES = ['a', 'b', 'c', 'd']
const PROJECT = {
  'inventories/site.yml': 'tiers: [{ name: web, roles: [noted] }]\n',
  'inventories/prod/hosts.yml': JSON.stringify({
    connection: { transport: 'local', become: 'none' },
    tiers: { web: { hosts: Object.fromEntries(NAMES.map((name, i) => [name, { address: `127.0.0.${i + 1}` }])) } },
  }),
  'roles/noted/index.ts': `
import { defineRole, file } from 'provision'
export default defineRole({
  name: 'noted', description: 'd', vars: {},
  resources: () => [file({ path: '/nonexistent/provision/note', content: 'x' })],
})
`,
}
const options = (root: string, check: boolean) => ({
  ...{ root, inventory: 'prod', check, forks: 1, limit: [], tags: [], vars: [], showScripts: false },
})

test.each([
  ['a dry run', true],
  ['a run', false],
])('Ctrl-C while hosts are read: %s reads no other and changes none', { timeout: 60_000 }, async (_, check) => {
  const root = projectFolder(PROJECT)
  vi.stubEnv('XDG_CACHE_HOME', join(root, 'cache'))
  const events: Event[] = []
  const connected: string[] = []
  const user = new AbortController()
  const { results } = await run(options(root, check), {
    emit: (event) => events.push(event),
    stop: { requested: () => connected.length > 0, signal: user.signal },
    connect: (host) => {
      connected.push(host.name)
      return connect(host)
    },
  })
  vi.unstubAllEnvs()
  expect(connected).toEqual(['a'])
  expect(results.map(({ host, outcome }) => [host, outcome]).slice(1)).toEqual([
    ['b', 'skipped'],
    ['c', 'skipped'],
    ['d', 'skipped'],
  ])
  expect(results[1]?.failure).toMatchObject({ code: 'stopped', message: 'not read: the run was stopped' })
  expect(events.map(({ type }) => type)).not.toContain('host-started')
})
