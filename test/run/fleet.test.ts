// What is counted here runs slower for as long as its process does, so no other file is in that.
// @vitest-environment node
// @vitest-environment-options { "alone": true }
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { run } from '../../src/run/run.ts'
import { alike } from '../host/alike.ts'
import { countCalls, timesIn } from '../host/call-counts.ts'
import { fakeHost } from '../host/fake-host.ts'
import { countPasses } from '../host/fleet-passes.ts'
import { projectFolder } from '../project-folder.ts'

afterEach(() => vi.unstubAllEnvs())

const ROLE = `
import { defineRole, file, handler, restart, sh } from 'provision'
export default defineRole({
  name: 'site', description: 'd',
  vars: { site_root: { description: 'd', type: 'string' }, site_owner: { description: 'd', type: 'string' } },
  resources: ({ vars, template }) => [1, 2, 3].map((n) => file({
    path: vars.site_root + '/etc/' + n, content: template('site.conf', { n }), owner: vars.site_owner, group: vars.site_owner,
    notify: [handler({ id: 'publish', run: sh\`cp \${vars.site_root}/etc/1 \${vars.site_root}/published\` })],
  })),
  rollout: ({ vars }) => ({
    disruptive: [],
    gates: [{ name: 'published', until: sh\`[ -e \${vars.site_root}/published ]\` }],
  }),
})
`

/** A fleet of so many hosts through a dry run and a run; what it took, and how often each part of the program ran. */
async function fleet(size: number, count = countCalls) {
  const template = fakeHost('all')
  template.write('etc/.keep', '')
  const hosts = alike(template)
  const vars = { site_root: template.root, site_owner: userInfo().username }
  const names = Array.from({ length: size }, (_, i) => `web${i + 1}`)
  const address = (i: number) => `198.18.${i >> 8}.${i & 255}`
  const root = projectFolder({
    'inventories/site.yml': 'tiers: [{ name: web, roles: [site] }]\n',
    'inventories/prod/hosts.yml': JSON.stringify({
      tiers: {
        web: {
          hosts: Object.fromEntries(names.map((name, i) => [name, { address: address(i) }])),
        },
      },
    }),
    'inventories/prod/group_vars/web.yml': JSON.stringify(vars),
    'roles/site/index.ts': ROLE,
    'templates/site/site.conf.ejs': 'number <%= n %>\n',
  })
  vi.stubEnv('XDG_CACHE_HOME', join(root, 'cache'))
  const options = { root, inventory: 'prod', limit: [], tags: [], vars: [], forks: 50, showScripts: false }
  let events = 0
  const edges = { emit: () => void events++, connect: hosts.connect, target: () => template.target }
  const go = async (check: boolean) => {
    const before = { ...hosts.counts(), events }
    const { result, counts } = await count(() => run({ ...options, check }, edges))
    const after = hosts.counts()
    const { execs, logins } = before
    return {
      summary: result.summary,
      execs: after.execs - execs,
      logins: after.logins - logins,
      events: events - before.events,
      counts,
    }
  }
  return { check: await go(true), run: await go(false) }
}

type Passed = Awaited<ReturnType<typeof fleet>>['check']

/**
 * Parts of the program that worked more often than the number of hosts accounts for. Once for each pair of hosts would be
 * 50 times a host, at 100: what ran fewer than 20 times a host is not looked at, for the engine counts calls of what it
 * compiles meanwhile, or inlines, not all.
 */
function steeper(few: readonly Passed[], many: Passed, hosts: number, factor: number): string[] {
  return [...many.counts.values()].flat().flatMap((one) => {
    const before = Math.max(...few.map(({ counts }) => timesIn(counts, one)))
    const allowed = Math.max(1, before) * factor * (one.waits ? 5 : 1.5) + 200
    if (one.times <= Math.max(allowed, 20 * hosts)) return []
    return `${one.file} ${one.name}@${one.start}-${one.end}: ${before} times for few hosts, ${one.times} for many`
  })
}

/** Its execs and logins are its hosts', a fixed number of each. */
function expectConstant({ check, run }: Awaited<ReturnType<typeof fleet>>, hosts: number): void {
  // Its facts, which are asked for once in a host's life, and its state.
  expect(check).toMatchObject({ summary: { planned: hosts }, execs: 2 * hosts, logins: hosts })
  // Probed, changed, probed, gated.
  expect(run).toMatchObject({ summary: { changed: hosts }, execs: 4 * hosts, logins: hosts })
}

test('100 hosts cost ten times as much as 10, in a dry run and in a run', { timeout: 300_000 }, async () => {
  // What was never called is not compiled yet, and not counted as it will be.
  await fleet(3)
  // Twice: what is optimised in the middle of one is counted less often in it, not in both.
  const [few, again] = [await fleet(10), await fleet(10)]
  const many = await fleet(100)
  expectConstant(few, 10)
  expectConstant(many, 100)
  for (const part of ['check', 'run'] as const) {
    expect(steeper([few[part], again[part]], many[part], 100, 10), part).toEqual([])
    expect(many[part].events, part).toBeLessThan(10 * few[part].events)
  }
})

test('no part of a run of 500 hosts goes through all of them for each', { timeout: 300_000 }, async () => {
  const hosts = 500
  const uncounted: typeof countCalls = async (work) => ({ result: await work(), counts: new Map() })
  const { result, passes } = await countPasses(hosts / 2, () => fleet(hosts, uncounted))
  expectConstant(result, hosts)
  expect([...passes].filter(([, times]) => times > hosts / 2)).toEqual([])
})
