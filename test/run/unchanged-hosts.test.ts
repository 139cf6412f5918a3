import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Event } from '../../src/execute/events.ts'
import { run } from '../../src/run/run.ts'
import { type Watched, watched } from '../garbage.ts'
import { alike } from '../host/alike.ts'
import { fakeHost } from '../host/fake-host.ts'
import { projectFolder } from '../project-folder.ts'

const HOSTS = 300

/** A role that shows the test all that it declares. */
const ROLE = `
import { defineRole, file } from 'provision'
export default defineRole({
  name: 'site', description: 'd',
  vars: { site_root: { description: 'd', type: 'string' }, site_owner: { description: 'd', type: 'string' } },
  resources: ({ vars }) => {
    const all = [1, 2, 3].map((n) => file({
      path: vars.site_root + '/etc/' + n, content: 'number ' + n, owner: vars.site_owner, group: vars.site_owner,
    }))
    globalThis.declaredInTest?.add(...all, ...all.map((one) => one.desired))
    return all
  },
})
`

let declared: Watched
beforeEach(() => {
  declared = watched()
  vi.stubGlobal('declaredInTest', declared)
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
})

/** A project of so many hosts that are alike, on which everything is as declared. */
async function unchanged() {
  const template = fakeHost('all')
  template.write('etc/.keep', '')
  const project = (names: readonly string[]) =>
    projectFolder({
      'inventories/site.yml': 'tiers: [{ name: web, roles: [site] }]\n',
      'inventories/prod/hosts.yml': JSON.stringify({
        tiers: { web: { hosts: Object.fromEntries(names.map((name, i) => [name, { address: `198.18.0.${i}` }])) } },
      }),
      'inventories/prod/group_vars/web.yml': JSON.stringify({
        site_root: template.root,
        site_owner: userInfo().username,
      }),
      'roles/site/index.ts': ROLE,
    })
  const go = (root: string, emit: (event: Event) => void) => {
    vi.stubEnv('XDG_CACHE_HOME', join(root, 'cache'))
    const options = { root, inventory: 'prod', limit: [], tags: [], vars: [], forks: 50, showScripts: false }
    const { connect } = alike(template)
    return run({ ...options, check: false }, { emit, connect, target: () => template.target })
  }
  await go(project(['first']), () => undefined)
  const root = project(Array.from({ length: HOSTS }, (_, i) => `web${i + 1}`))
  return (emit: (event: Event) => void) => go(root, emit)
}

test('of hosts that are as declared nothing of what is declared or planned is held once they are told', async () => {
  const go = await unchanged()
  const plans = watched()
  let atEnd: Promise<readonly number[]> | undefined
  const { summary } = await go((event) => {
    if (event.type === 'host-planned') plans.add(event.plan, event.plan.items, ...event.plan.items)
    // All are planned, and what they amount to is not yet told.
    if (event.type === 'rollout-planned') atEnd = Promise.all([plans.held(), declared.held()])
  })
  expect(summary).toMatchObject({ ok: HOSTS, changed: 0, failed: 0 })
  expect(plans.size).toBe(5 * HOSTS)
  expect(declared.size).toBeGreaterThanOrEqual(6 * HOSTS)
  // What a role declared for the last host may still be in a register.
  const [planned, kept] = (await atEnd) ?? []
  expect(planned).toBeLessThanOrEqual(5)
  expect(kept).toBeLessThanOrEqual(6)
})
