import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import type { LabHost } from '../../src/lab/host.ts'
import type { Lab, LabSpec } from '../lab/lab.ts'
import { startTestLab, type TestLabPlace } from '../lab/test-labs.ts'
import { type ProgramOptions, provision, type Run, type Running, startProvision } from './provision.ts'
import { toldAmiss } from './told.ts'

export interface ProjectSpec {
  /** Body of `resources(input)` by role, an expression of a list; everything of `provision` that it uses is in `use`. */
  readonly roles: Readonly<Record<string, string>>
  readonly use: readonly string[]
  /** Body of `rollout(input)` by role, an expression. */
  readonly rollouts?: Readonly<Record<string, string>>
  /** Of every tier; default: all at once, and no failure stops another host. */
  readonly policy?: Readonly<Record<string, unknown>>
  /** Text before the roles: kinds of their own. */
  readonly prelude?: string
  /** Hosts by name: what differs from how the lab reaches them. */
  readonly hosts: Readonly<Record<string, HostSettings>>
  readonly vars?: string
  readonly files?: Readonly<Record<string, string>>
}

export interface HostSettings {
  readonly address?: string
  readonly connection?: Readonly<Record<string, unknown>>
  /** Default: all of the project's. */
  readonly roles?: readonly string[]
  readonly vars?: Readonly<Record<string, unknown>>
}

/** A project of its own for a test. */
export interface Project {
  readonly dir: string
  write(files: Readonly<Record<string, string>>): void
  run(...args: string[]): Promise<Run>
  start(args: readonly string[], options?: ProgramOptions): Running
}

export interface TestBed {
  readonly lab: Lab
  /** An empty folder, gone at the end. */
  readonly dir: string
  host(name: string): LabHost
  /** Runs on a host, not over SSH. @throws Error when it fails */
  on(name: string, command: string): Promise<string>
  project(spec: ProjectSpec): Project
}

/** Hosts of a lab of its own for the tests of a file, removed after them. */
export function testBed(spec: LabSpec & TestLabPlace): TestBed {
  let lab: Lab | undefined
  let dir: string | undefined
  let count = 0
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'provision-it-'))
    lab = await startTestLab(spec)
  })
  afterAll(async () => {
    // Every run of the file, whatever it was for: docs/events.md is a promise.
    const amiss = dir === undefined ? [] : await toldAmiss(dir)
    await lab?.down()
    if (dir !== undefined) rmSync(dir, { recursive: true, force: true })
    expect(amiss).toEqual([])
  })
  const up = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the lab is not up yet')
    return value
  }
  const host = (name: string): LabHost => {
    const found = up(lab).hosts.get(name)
    if (found) return found
    throw new Error(`the lab has no host ${name}`)
  }
  return {
    get lab() {
      return up(lab)
    },
    get dir() {
      return up(dir)
    },
    host,
    async on(name, command) {
      const { code, stdout, stderr } = await host(name).exec(command)
      if (code !== 0) throw new Error(`${name}: ${command}: status ${code}: ${stderr}${stdout}`)
      return stdout
    },
    project(about) {
      count += 1
      return makeProject(join(up(dir), `project-${count}`), up(lab), about)
    },
  }
}

function makeProject(dir: string, lab: Lab, spec: ProjectSpec): Project {
  const write = (files: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, name)), { recursive: true })
      writeFileSync(join(dir, name), text)
    }
  }
  write(inventoryOf(lab, spec))
  for (const [name, body] of Object.entries(spec.roles))
    write({ [`roles/${name}/index.ts`]: roleText(name, body, spec) })
  write(spec.files ?? {})
  const here = (options: ProgramOptions): ProgramOptions => ({
    ...options,
    cwd: dir,
    env: { XDG_CACHE_HOME: join(dir, 'cache'), XDG_STATE_HOME: join(dir, 'state'), ...options.env },
  })
  return {
    dir,
    write,
    start: (args, options = {}) => startProvision(['-i', 'test', ...args], here(options)),
    run: (...args) => provision(['-i', 'test', ...args], here({})),
  }
}

/** Hosts with the same roles are a tier and are changed at once. JSON is YAML. */
function inventoryOf(lab: Lab, { hosts, roles, policy }: ProjectSpec): Record<string, string> {
  const rolesOf = (name: string) => hosts[name]?.roles ?? Object.keys(roles)
  const tierOf = (name: string) => ['tier', ...rolesOf(name)].join('-')
  const names = Object.keys(hosts)
  const tiers = [...new Set(names.map(tierOf))]
  const entry = (name: string) => {
    const { address, connection, vars } = hosts[name] ?? {}
    const known = lab.hosts.get(name)
    return {
      address: address ?? known?.address,
      connection: { user: known?.login ?? 'root', ...connection },
      ...(vars && { vars }),
    }
  }
  const membersOf = (tier: string) => names.filter((name) => tierOf(name) === tier)
  return {
    'inventories/test/hosts.yml': JSON.stringify({
      connection: { identity_file: join(lab.dir, 'id_ed25519'), known_hosts: join(lab.dir, 'known_hosts') },
      tiers: Object.fromEntries(
        tiers.map((tier) => [tier, { hosts: Object.fromEntries(membersOf(tier).map((name) => [name, entry(name)])) }]),
      ),
    }),
    'inventories/site.yml': JSON.stringify({
      tiers: tiers.map((tier) => ({
        name: tier,
        roles: rolesOf(membersOf(tier)[0] ?? ''),
        rollout: policy ?? { serial: '100%', max_fail_percentage: 100 },
      })),
    }),
  }
}

const roleText = (name: string, body: string, { use, prelude = '', vars = '', rollouts }: ProjectSpec): string => `
import { ${[...new Set(['defineRole', 'sh', ...use])].join(', ')} } from 'provision'
${prelude}
export default defineRole({
  name: '${name}',
  description: 'Of a test.',
  vars: { ${vars} },
  resources: ({ host, vars }) => ${body},
${rollouts?.[name] === undefined ? '' : `  rollout: ({ host, vars }) => (${rollouts[name]}),`}
})
`
