import { userInfo } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import type { Connection } from '../../src/connection/connection.ts'
import type { Event, HostResult } from '../../src/execute/events.ts'
import { type Prepared, prepare } from '../../src/run/prepare.ts'
import { runPrepared } from '../../src/run/run.ts'
import type { RunEdges, RunOptions } from '../../src/run/run-options.ts'
import { projectFolder } from '../project-folder.ts'
import { type FakeHost, fakeHost, type Trouble } from './fake-host.ts'

/**
 * A service with a configuration of which its unit, and a handler that has no unit, make something that can be seen. It is
 * taken out of a balancer on another host while it is changed, and must serve what is declared before it is put back.
 */
const ROLE = `
import { defineRole, file, handler, restart, sh } from 'provision'
export default defineRole({
  name: 'site', description: 'd',
  vars: {
    site_root: { description: 'd', type: 'string' },
    site_balancer: { description: 'd', type: 'string' },
    site_version: { description: 'd', type: 'string' },
    site_owner: { description: 'd', type: 'string' },
    site_counted_by: { description: 'd', type: 'array', items: { type: 'string' }, default: [] },
  },
  resources: ({ vars }) => [
    file({
      path: vars.site_root + '/etc/site.conf', content: vars.site_version + '\\n',
      owner: vars.site_owner, group: vars.site_owner,
      notify: [
        restart('site'),
        handler({ id: 'publish', run: sh\`cp \${vars.site_root}/etc/site.conf \${vars.site_root}/published\` }),
      ],
    }),
  ],
  rollout: ({ host, vars }) => {
    const mark = vars.site_balancer + '/drained/' + host.name
    const busy = vars.site_balancer + '/busy/' + host.name
    const idle = sh\`[ -e \${mark} ]; if [ -e \${busy} ]; then echo 'it is busy'; exit 1; fi\`
    const serves = sh\`cmp -s \${vars.site_root}/etc/site.conf \${vars.site_root}/seen || { echo 'serves another version'; exit 1; }\`
    return {
      disruptive: ['handler:restart site'],
      drain: [{ name: 'out of the balancer', on: ['lb1'], run: sh\`: >\${mark}\`, until: idle, interval: 0.05 }],
      gates: [{ name: 'serves what is declared', until: serves, interval: 0.05 }],
      undrain: [{ name: 'back in the balancer', on: ['lb1'], run: sh\`rm -f \${mark}\`, until: sh\`[ ! -e \${mark} ]\` }],
      verify: [{ name: 'is asked', until: sh\`[ -e \${vars.site_root}/seen ]\`, interval: 0.05 }],
      ...(vars.site_counted_by.length > 0 && {
        throughput: { on: vars.site_counted_by, script: sh\`cat \${vars.site_balancer}/counted; . \${vars.site_balancer}/told\` },
      }),
    }
  },
})
`

export interface FakeProject {
  readonly hosts: ReadonlyMap<string, FakeHost>
  readonly web1: FakeHost
  readonly balancer: FakeHost
  readonly prepared: Prepared
  /** All hosts run this version, nothing is drained, nothing pending. */
  reset(version: string): void
  /** Asked before each exec on any of them; and told of its answer's length. */
  onExec(trouble: () => Trouble | undefined, heard?: (bytes: number) => void): void
  /** Of all of them. */
  logins(): number
  /** Nothing is at work on any of them. */
  quiet(): Promise<void>
  /** A run whose controller dies when its n-th exec has just got out: nobody hears of that one, and no other is sent. */
  killedAt(exec: number): Promise<void>
  run(more?: Partial<RunEdges>, options?: Partial<RunOptions>): Promise<FakeRun>
}

export interface FakeRun {
  readonly results: readonly HostResult[]
  readonly events: readonly Event[]
}

/**
 * A tier of such hosts and its balancer, with all input read: many runs of it cost little. A host does not let go for as
 * long as the balancer has a file of its name in `busy`.
 * @param more vars of the tier's hosts
 * @param rollout the tier's policy, as `site.yml` has it
 */
export async function fakeProject(
  names: readonly string[],
  version: string,
  more: Readonly<Record<string, unknown>> = {},
  rollout: Readonly<Record<string, unknown>> = {},
): Promise<FakeProject> {
  const hosts = new Map(names.map((name) => [name, fakeHost(name)]))
  const balancer = fakeHost('lb1')
  const owner = userInfo().username
  const declared = [...hosts].map(([name, { root }], i) => {
    const vars = { site_root: root, site_balancer: balancer.root, site_version: version, site_owner: owner, ...more }
    return [name, { address: `192.0.2.${i + 1}`, vars }] as const
  })
  const root = projectFolder({
    'inventories/site.yml': JSON.stringify({
      tiers: [
        { name: 'web', roles: ['site'], rollout },
        { name: 'edge', roles: [] },
      ],
    }),
    'inventories/prod/hosts.yml': JSON.stringify({
      tiers: {
        web: { hosts: Object.fromEntries(declared) },
        edge: { hosts: { lb1: { address: '192.0.2.250' } } },
      },
    }),
    'roles/site/index.ts': ROLE,
  })
  vi.stubEnv('XDG_CACHE_HOME', join(root, 'cache'))
  onTestFinished(() => void vi.unstubAllEnvs())
  const common = { root, inventory: 'prod', limit: ['web'], tags: [], vars: [] }
  let prepared = await prepare(common)
  const the = (name: string): FakeHost => {
    const found = name === 'lb1' ? balancer : hosts.get(name)
    if (!found) throw new RangeError(`no host ${name}`)
    return found
  }
  const all = [...hosts.values(), balancer]
  const run = async (more: Partial<RunEdges> = {}, options: Partial<RunOptions> = {}): Promise<FakeRun> => {
    const events: Event[] = []
    const edges: RunEdges = {
      emit: (event) => void events.push(event),
      connect: (host) => the(host.name).connect(),
      target: (name) => the(name).target,
      ...more,
    }
    const given = { ...common, check: false, forks: 10, showScripts: false, ...options }
    const { results } = await runPrepared(given, edges, prepared)
    return { results, events }
  }
  const reset = (old: string) => {
    balancer.clear()
    balancer.write('drained/.keep', '')
    for (const host of hosts.values()) {
      host.clear()
      for (const file of ['etc/site.conf', 'seen', 'published']) host.write(file, `${old}\n`)
      host.write('units/site.service/start', 'cp $root/etc/site.conf $root/seen\n')
      host.write('units/site.service/state', 'active\n')
      host.write('units/site.service/invocation', '1\n')
    }
  }
  reset(version)
  await run({}, { check: true })
  // Facts are known by now, as in every run but the first.
  prepared = await prepare(common)
  return {
    hosts,
    web1: the(names[0] ?? ''),
    balancer,
    prepared,
    reset,
    onExec(trouble, heard) {
      for (const host of all) host.onExec(trouble, heard)
    },
    logins: () => all.reduce((sum, host) => sum + host.logins(), 0),
    async quiet() {
      await Promise.all(all.map((host) => host.quiet()))
    },
    async killedAt(exec) {
      const user = new AbortController()
      const dying = dyingController(exec, (host) => the(host).connect())
      const ended = run({
        connect: (host) => dying.connect(host.name),
        stop: { requested: () => false, signal: user.signal },
      })
      await dying.dead
      // What is left of it in this process ends; it reaches no host any more.
      user.abort()
      await ended
    },
    run,
  }
}

/** Connections of a controller that dies: what hangs on them then hangs until it is let go. */
function dyingController(last: number, connect: (host: string) => Promise<Connection>) {
  let execs = 0
  let die = () => {}
  const dead = new Promise<void>((resolve) => {
    die = resolve
  })
  const never = (signal: AbortSignal | undefined) =>
    new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(new Error('dead'))))
  return {
    dead,
    async connect(host: string): Promise<Connection> {
      if (execs > last) return never(undefined)
      const connection = await connect(host)
      return {
        exec(script, { signal, onStdout: _, ...options } = {}) {
          const own = execs++
          if (own > last) return never(signal)
          if (own < last)
            return connection.exec(script, { ...options, ...(signal && { signal }), ...(_ && { onStdout: _ }) })
          connection.exec(script, options).catch(() => undefined)
          die()
          return never(signal)
        },
        close: async () => undefined,
      }
    },
  }
}
