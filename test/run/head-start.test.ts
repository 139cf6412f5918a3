import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Event } from '../../src/execute/events.ts'
import { run } from '../../src/run/run.ts'
import { type FakeHost, fakeHost } from '../host/fake-host.ts'
import { projectFolder } from '../project-folder.ts'

afterEach(() => vi.unstubAllEnvs())

const VARS = `vars: { root: { description: 'd', type: 'string' }, owner: { description: 'd', type: 'string' } }`
const fileOf = (name: string) =>
  `file({ path: vars.root + '/etc/${name}', content: 'x\\n', owner: vars.owner, group: vars.owner })`
const ROLES = {
  'roles/base/index.ts': `
import { defineRole, file } from 'provision'
export default defineRole({
  name: 'base', description: 'd', ${VARS}, standalone: true,
  resources: ({ vars }) => [${fileOf('base')}],
})
`,
  'roles/site/index.ts': `
import { defineRole, file, service } from 'provision'
const site = service({ name: 'site', state: 'started' })
export default defineRole({
  name: 'site', description: 'd', ${VARS},
  resources: ({ vars }) => [${fileOf('site')}, site],
  rollout: () => ({ disruptive: [], requiredServices: [site] }),
})
`,
}

/** Two tiers of one host each, in which nothing runs yet. */
function project(headStart: boolean, serving: readonly string[] = []) {
  const hosts = new Map(['a', 'b'].map((name): [string, FakeHost] => [name, fakeHost(name)]))
  for (const [name, host] of hosts) {
    host.write('etc/.keep', '')
    host.write('units/site.service/state', serving.includes(name) ? 'active\n' : 'inactive\n')
    host.write('units/site.service/invocation', '1\n')
  }
  const owner = userInfo().username
  const entry = (name: string, i: number) => ({
    hosts: { [name]: { address: `192.0.2.${i}`, vars: { root: hosts.get(name)?.root ?? '', owner } } },
  })
  const tier = (name: string) => ({ name, roles: ['base', 'site'], rollout: { head_start: headStart } })
  const root = projectFolder({
    'inventories/site.yml': JSON.stringify({ tiers: [tier('one'), tier('two')] }),
    'inventories/prod/hosts.yml': JSON.stringify({ tiers: { one: entry('a', 1), two: entry('b', 2) } }),
    ...ROLES,
  })
  vi.stubEnv('XDG_CACHE_HOME', join(root, 'cache'))
  const the = (name: string): FakeHost => {
    const found = hosts.get(name)
    if (!found) throw new RangeError(`no host ${name}`)
    return found
  }
  return {
    the,
    async run(check = false) {
      const events: Event[] = []
      const options = { root, inventory: 'prod', limit: [], tags: [], vars: [], forks: 10, showScripts: false, check }
      const { results } = await run(options, {
        emit: (event) => void events.push(event),
        connect: async (host) => the(host.name).connect(),
        target: (name) => the(name).target,
      })
      return { results, told: events.flatMap(shortly) }
    },
  }
}

/** What was done, in order: heads and tiers by name, steps as `host name`. */
function shortly(event: Event): string[] {
  switch (event.type) {
    case 'head-start':
      return [`head start of ${event.hosts.join(' ')}`]
    case 'tier-started':
      return [`tier ${event.tier}`]
    case 'step-finished':
      return event.ok ? [`${event.host} ${event.key.replace(/^.*[:/]/, '')}`] : []
    default:
      return []
  }
}

describe('new hosts of tiers with head_start', () => {
  it('are given what needs no other host at once, and the rest in the turn of their tiers', async () => {
    const { run } = project(true)
    const { results, told } = await run()
    expect(results.map(({ host, outcome }) => [host, outcome])).toEqual([
      ['a', 'changed'],
      ['b', 'changed'],
    ])
    expect(told[0]).toBe('head start of a b')
    expect(told.slice(1, 3).toSorted()).toEqual(['a base', 'b base'])
    expect(told.slice(3)).toEqual([
      ...['tier one', 'a site', 'a site.service'],
      ...['tier two', 'b site', 'b site.service'],
    ])
    expect((await run()).told).toEqual([])
  })

  it('have none in a dry run, and none where the tier does not say so', async () => {
    expect((await project(true).run(true)).told).toEqual([])
    const { told } = await project(false).run()
    expect(told[0]).toBe('tier one')
  })

  it('leave out a host that serves somebody', async () => {
    const { told } = await project(true, ['a']).run()
    expect(told).not.toContain('head start of a b')
    expect(told[0]).toBe('tier one')
  })

  it('fail in their tier, with what was done told, and the next run goes on', async () => {
    const { run, the } = project(true)
    // Facts, the probe, and then the head start, in the middle of which the link is cut.
    let execs = 0
    the('b').onExec(() => {
      execs += 1
      return execs === 3 ? { what: 'cut' } : undefined
    })
    const { results, told } = await run()
    expect(told).toContain('a site.service')
    expect(results.map(({ host, outcome }) => [host, outcome])).toEqual([
      ['a', 'changed'],
      ['b', 'failed'],
    ])
    the('b').onExec(() => undefined)
    expect((await run()).results.map(({ outcome }) => outcome)).toEqual(['ok', 'changed'])
  })
})
