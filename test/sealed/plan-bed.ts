import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import { applyPlan } from '../../src/cli/apply-plan.ts'
import { makePlan } from '../../src/cli/make-plan.ts'
import type { Event, HostResult } from '../../src/execute/events.ts'
import type { RunEdges, RunOptions, RunOutcome } from '../../src/run/run-options.ts'
import { parsePlan } from '../../src/sealed/plan-file.ts'
import { type FakeHost, fakeHost } from '../host/fake-host.ts'
import { projectFolder } from '../project-folder.ts'

export const PASSWORD = 'hunt3r'

const ROLE = `
import { defineRole, file, handler, sh } from 'provision'
export default defineRole({
  name: 'site', description: 'd',
  vars: {
    site_root: { description: 'd', type: 'string' },
    site_owner: { description: 'd', type: 'string' },
    site_text: { description: 'd', type: 'string' },
    site_password: { description: 'd', type: 'string', secret: true },
  },
  resources: ({ vars }) => {
    const own = (name, content, more = {}) =>
      file({ path: vars.site_root + '/srv/' + name, content, owner: vars.site_owner, group: vars.site_owner, ...more })
    const publish = handler({ id: 'publish', run: sh\`cp \${vars.site_root}/srv/text \${vars.site_root}/published\` })
    return [
      own('text', vars.site_text + '\\n', { notify: [publish] }),
      own('password', ['password = ', vars.site_password, '\\n'], { mode: '0600' }),
      own('fixed', 'fixed\\n'),
    ]
  },
})
`

export interface Applied {
  readonly results: readonly HostResult[]
  readonly outcomes: Readonly<Record<string, string>>
  /** `host: message` */
  readonly notes: readonly string[]
}

export interface PlanBed {
  readonly root: string
  readonly out: string
  host(name: string): FakeHost
  /** Files of the project. */
  write(path: string, text: string): void
  plan(more?: Partial<RunOptions>, validFor?: number): Promise<RunOutcome & { readonly events: readonly Event[] }>
  /** Of what is in the file now. */
  apply(more?: Partial<RunEdges>, root?: string): Promise<Applied>
  text(): string
}

/** A tier of hosts that have some of what is declared, and its project. */
export async function planBed(
  names: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<PlanBed> {
  const hosts = new Map(names.map((name) => [name, fakeHost(name)]))
  const owner = userInfo().username
  const declared = [...hosts].map(([name, { root }], i) => {
    const vars = { site_root: root, site_owner: owner }
    return [name, { address: `192.0.2.${i + 1}`, vars }] as const
  })
  const root = projectFolder({
    'inventories/site.yml': 'tiers: [{ name: web, roles: [site], rollout: { max_fail_percentage: 100 } }]\n',
    'inventories/prod/hosts.yml': JSON.stringify({ tiers: { web: { hosts: Object.fromEntries(declared) } } }),
    'inventories/prod/group_vars/all.yml': `site_text: new\nsite_password: ${PASSWORD}\n`,
    'roles/site/index.ts': ROLE,
    ...files,
  })
  vi.stubEnv('XDG_CACHE_HOME', join(root, '.cache'))
  onTestFinished(() => void vi.unstubAllEnvs())
  const host = (name: string): FakeHost => {
    const found = hosts.get(name)
    if (!found) throw new RangeError(`no host ${name}`)
    return found
  }
  for (const one of hosts.values()) {
    one.write('srv/text', 'old\n')
    one.write('srv/password', 'password = former\n')
    one.write('srv/fixed', 'fixed\n')
  }
  const out = join(root, 'release.plan')
  const edges = (events: Event[]): RunEdges => ({
    emit: (event) => void events.push(event),
    connect: ({ name }) => host(name).connect(),
    target: (name) => host(name).target,
  })
  const text = () => readFileSync(out, 'utf8')
  const common = { root, inventory: 'prod', limit: [], tags: [], vars: [], forks: 5, showScripts: false }
  return {
    root,
    out,
    host,
    async apply(more = {}, from = root) {
      const events: Event[] = []
      const { options } = planIn({ text }).plan
      const given = { ...common, root: from, check: false, inventory: options.inventory, limit: options.limit }
      const { results } = await applyPlan(given, { ...edges(events), ...more }, planIn({ text }))
      const notes = events.flatMap((event) => (event.type === 'host-note' ? [`${event.host}: ${event.message}`] : []))
      return { results, notes, outcomes: Object.fromEntries(results.map(({ host, outcome }) => [host, outcome])) }
    },
    write(path, text) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    },
    async plan(more = {}, validFor = 3600) {
      const events: Event[] = []
      const options = { ...common, check: true, ...more }
      const outcome = await makePlan(options, edges(events), { out, validFor, switchoverTo: undefined })
      return { ...outcome, events }
    },
    text,
  }
}

export const planIn = (bed: Pick<PlanBed, 'text'>) => parsePlan(bed.text(), 'release.plan')
