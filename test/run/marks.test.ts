import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import type { Event } from '../../src/execute/events.ts'
import { amongRuns } from '../../src/host/lock.ts'
import { run } from '../../src/run/run.ts'
import type { RunOptions } from '../../src/run/run-options.ts'
import { type FakeHost, fakeHost } from '../host/fake-host.ts'
import { projectFolder } from '../project-folder.ts'
import { dash } from '../shell/dash.ts'

/** A web server with the upstreams that it declares, and an application whose drain is a mark in them (decision 27). */
const PROJECT = {
  'inventories/site.yml': 'tiers: [{ name: app, roles: [back] }, { name: web, roles: [front] }]\n',
  'inventories/lab/hosts.yml': JSON.stringify({
    connection: { transport: 'local', become: 'none' },
    tiers: {
      app: { hosts: { back1: { address: '192.0.2.1' } } },
      web: { hosts: { web1: { address: '192.0.2.2' } } },
    },
  }),
  'roles/front/index.ts': `
import { defineRole, fileSet, keepDrainedServers, sh } from 'provision'
export default defineRole({
  name: 'front', description: 'd',
  vars: { front_root: { description: 'd', type: 'string' }, weight: { description: 'd', type: 'integer', default: 1 } },
  resources: ({ vars }) => [
    fileSet({
      name: 'front', root: vars.front_root, validate: sh\`grep -q server "$STAGE/upstreams.conf"\`,
      files: { 'upstreams.conf': { content: 'server 192.0.2.1:80 weight=' + vars.weight + ';\\n', keep: keepDrainedServers } },
    }),
  ],
})
`,
  'roles/back/index.ts': `
import { defineRole, file, sh } from 'provision'
const edit = (vars, from, to) => ({ on: ['web1'], underLock: true, run: sh\`sed -i \${'s/' + from + '/' + to + '/'} \${vars.front_root + '/upstreams.conf'}\` })
const release = (vars) => file({ path: vars.back_root + '/release', content: vars.release })
export default defineRole({
  name: 'back', description: 'd',
  vars: {
    front_root: { description: 'd', type: 'string' }, back_root: { description: 'd', type: 'string' },
    release: { description: 'd', type: 'string', default: 'one' },
  },
  resources: ({ vars }) => [release(vars)],
  rollout: ({ vars }) => ({
    disruptive: [release(vars)],
    drain: [{ name: 'out', ...edit(vars, ';', ' down; # drained by provision') }],
    undrain: [{ name: 'back', ...edit(vars, ' down; #.*', ';') }],
    gates: [{ name: 'healthy', until: sh\`[ ! -e \${vars.back_root + '/ill'} ]\`, timeout: 0 }],
  }),
})
`,
}

const MARK = 'down; # drained by provision'
const UPSTREAMS = 'front/upstreams.conf'

afterEach(() => void vi.unstubAllEnvs())

/** Both hosts in service, and runs of them. */
async function shop() {
  const root = projectFolder(PROJECT)
  vi.stubEnv('XDG_CACHE_HOME', join(root, 'cache'))
  const [back, web] = [fakeHost('back1'), fakeHost('web1')]
  const the = (name: string): FakeHost => (name === 'web1' ? web : back)
  back.write('back/ready', '')
  web.write('front/ready', '')
  const provision = async (more: Partial<RunOptions> = {}, ...vars: readonly string[]) => {
    const events: Event[] = []
    const folders = [`front_root=${web.root}/front`, `back_root=${back.root}/back`]
    const common = { root, inventory: 'lab', check: false, forks: 2, limit: [], tags: [], showScripts: false }
    const { results } = await run(
      { ...common, vars: [...folders, ...vars], ...more },
      {
        emit: (event) => events.push(event),
        target: (name) => the(name).target,
        connect: async ({ name }) => {
          const connection = await the(name).connect()
          // A file set is staged where no setting says; this machine has such a folder too, maybe.
          const here = (script: string) => script.replaceAll('/var/lib/provision/stage', `${the(name).root}/stage`)
          return { ...connection, exec: (script, options) => connection.exec(here(script), options) }
        },
      },
    )
    const notes = events.flatMap((event) =>
      event.type === 'host-planned' ? event.plan.items.flatMap((item) => item.notes ?? []) : [],
    )
    return { results, notes, outcomes: Object.fromEntries(results.map(({ host, outcome }) => [host, outcome])) }
  }
  const first = await provision()
  expect(first.outcomes, JSON.stringify(first.results)).toEqual({ back1: 'changed', web1: 'changed' })
  return { back, web, provision }
}

it('a host that is left drained is no drift of those that send to it, and no run of them puts it back', async () => {
  const { back, web, provision } = await shop()
  back.write('back/ill', '')
  const failed = await provision({ limit: ['app'] }, 'release=two')
  expect(failed.results[0]).toMatchObject({ outcome: 'failed', drained: true, failure: { code: 'gate' } })
  expect(web.read(UPSTREAMS)).toBe(`server 192.0.2.1:80 weight=1 ${MARK}\n`)

  const check = await provision({ limit: ['web'], check: true })
  expect(check.outcomes).toEqual({ web1: 'ok' })
  expect(check.notes).toEqual([`${web.root}/${UPSTREAMS} keeps "server 192.0.2.1:80 weight=1 ${MARK}"`])
  expect((await provision({ limit: ['web'] })).outcomes).toEqual({ web1: 'ok' })
  expect((await provision({ limit: ['web'] }, 'weight=2')).outcomes).toEqual({ web1: 'changed' })
  expect(web.read(UPSTREAMS)).toBe(`server 192.0.2.1:80 weight=2 ${MARK}\n`)

  back.write('back/ill', '')
  dash(`rm ${back.root}/back/ill`)
  const again = await provision({}, 'release=two', 'weight=2')
  expect(again.results[0]).toMatchObject({ putBack: true })
  expect(web.read(UPSTREAMS)).toBe('server 192.0.2.1:80 weight=2;\n')
})

it('a drain between the plan of such a run and its change is kept: the plan is stale then, and made anew', async () => {
  const { web, provision } = await shop()
  let drained = false
  web.onExec((_, script) => {
    if (!drained && script.includes(`${web.root}/stage`)) {
      drained = true
      const { status } = dash(`set -e\n${amongRuns(web.target).sh}\nsed -i 's/;/ ${MARK}/' ${web.root}/${UPSTREAMS}`)
      expect(status).toBe(0)
    }
    return undefined
  })
  const done = await provision({ limit: ['web'] }, 'weight=2')
  expect(done.outcomes).toEqual({ web1: 'changed' })
  expect(drained).toBe(true)
  expect(web.read(UPSTREAMS)).toBe(`server 192.0.2.1:80 weight=2 ${MARK}\n`)
})
