import type { Problem } from '../errors.ts'
import type { Facts } from '../facts/facts.ts'
import type { Host, Inventory } from '../inventory/inventory.ts'
import type { CompiledRollout } from '../rollout/declared.ts'
import { rolloutOf } from './check-rollout.ts'
import { checkVars } from './check-vars.ts'
import type { CompiledResource } from './compiled.ts'
import { declaredOnce } from './declared-twice.ts'
import { checkFleet, type FleetCheckResult } from './fleet-check.ts'
import { type Groups, groupsOf } from './groups.ts'
import { listenerProblems } from './listeners.ts'
import { lostSecrets } from './lost-secrets.ts'
import type { PlaceOf } from './places.ts'
import { provisionsOf } from './provided.ts'
import type { HostChange, Listener, Role } from './role.ts'
import { resourcesOf, roleProblem } from './role-resources.ts'
import { roleVarsReader } from './role-vars.ts'
import { type TemplateLookup, templateRenderer } from './template.ts'

export interface Compiled {
  /** In order of application. */
  readonly resources: readonly CompiledResource[]
  /** What the roles of the tier say about the change of this host; of all roles, whatever the tags. */
  readonly rollouts: readonly CompiledRollout[]
  readonly problems: readonly Problem[]
}

interface CompiledRole extends Compiled {
  readonly listeners: readonly Listener[]
}

export interface CompileOptions {
  /** Only these roles; default: all of the tier. */
  readonly tags?: ReadonlySet<string> | undefined
}

export interface Compiler {
  /** What is wrong with the vars of any host; needs no facts, so it is known before a host is touched. */
  problems(): readonly Problem[]
  /** Vars of a host as each of its roles reads them, secrets tainted. */
  varsOf(host: Host): readonly unknown[]
  /** The resources of a host. Pure: the same host and facts give the same resources. */
  compile(host: Host, facts: Facts, options?: CompileOptions): Compiled
  /** Nobody needs the resources of this host any more; whoever asks once more has them made anew. */
  forget(host: Host): void
  /** What the roles say to what a run is about to change, by host; a host that is not in it is left out. */
  fleetCheck(planned: ReadonlyMap<string, readonly HostChange[]>): FleetCheckResult
}

export interface CompilerInput {
  readonly inventory: Inventory
  /** The roles that the inventory's tiers name. */
  readonly roles: ReadonlyMap<string, Role>
  readonly templates: TemplateLookup
  /** Where in the project a stack was written down. */
  readonly placeOf?: PlaceOf | undefined
}

/** Hosts of which is kept what was compiled: about 50 KB each. */
const KEPT_HOSTS = 200

const nowhere: PlaceOf = () => undefined

/** Prepares to compile the hosts of an inventory: schemas, templates and peers are worked out once, when needed. */
export function createCompiler({ inventory, roles, templates, placeOf = nowhere }: CompilerInput): Compiler {
  const reader = roleVarsReader()
  const render = templateRenderer(templates)
  const groups = groupsOf(inventory, roles, reader)
  const provisions = provisionsOf(inventory, roles, reader, placeOf)
  const hostNames = inventory.hosts.map(({ name }) => name)
  const rolesOf = (tier: string): Role[] => {
    const names = inventory.tiers.find((one) => one.name === tier)?.roles ?? []
    return names.flatMap((name) => roles.get(name) ?? [])
  }
  let problems: readonly Problem[] | undefined

  const compileAnew = (role: Role, host: Host, facts: Facts): CompiledRole => {
    try {
      const input = inputOf(role, host, facts, groups)
      const made = resourcesOf(role, input, host, placeOf)
      const { rollouts, problems } = rolloutOf(role, input, hostNames)
      return {
        ...made,
        rollouts,
        listeners: role.listens?.(input) ?? [],
        problems: once([...provisions.problems(role, host), ...made.problems, ...problems]),
      }
    } catch (error) {
      const problem = roleProblem(error, role, host, placeOf)
      return {
        resources: [],
        rollouts: [],
        listeners: [],
        problems: once([...provisions.problems(role, host), problem]),
      }
    }
  }

  // The trial before any login is the plan's as well where the facts turn out as they were known; that of thousands of hosts
  // would be too much to keep.
  const done = new Map<Host, { readonly facts: string; readonly roles: Map<Role, CompiledRole> }>()
  const compileRole = (role: Role, host: Host, facts: Facts): CompiledRole => {
    const seen = JSON.stringify(facts)
    const before = done.get(host)
    const current = before?.facts === seen ? before : { facts: seen, roles: new Map<Role, CompiledRole>() }
    const compiled = current.roles.get(role) ?? compileAnew(role, host, facts)
    current.roles.set(role, compiled)
    if (before || done.size < KEPT_HOSTS) done.set(host, current)
    return compiled
  }

  const inputOf = (role: Role, host: Host, facts: Facts, { group }: Groups) => {
    const { name, tier, groups, address } = host
    const about = { name, tier, groups, address, sshPort: host.connection.port }
    const { vars } = reader.read(role, host)
    return {
      host: about,
      vars,
      facts,
      group,
      provided: provisions.provided,
      template: (file: string, data: Readonly<Record<string, unknown>> = {}) =>
        render(role.name, file, { host: about, vars, facts, group, ...data }),
    }
  }

  return {
    problems() {
      problems ??= checkVars(inventory, roles, rolesOf, reader)
      return problems
    },
    forget: (host) => void done.delete(host),
    varsOf: (host) => rolesOf(host.tier).map((role) => reader.read(role, host).vars),
    fleetCheck: (planned) => checkFleet(inventory, roles, planned),
    compile(host, facts, { tags } = {}) {
      const every = rolesOf(host.tier).map((role) => ({ role, compiled: compileRole(role, host, facts) }))
      const compiled = every.flatMap((one) => ((tags?.has(one.role.name) ?? true) ? [one.compiled] : []))
      const { resources: all, problems: twice } = declaredOnce(
        compiled.flatMap(({ resources }) => resources),
        host,
      )
      return {
        resources: grouped(all),
        rollouts: every.flatMap((one) => one.compiled.rollouts),
        problems: [
          ...compiled.flatMap((one) => one.problems),
          ...twice,
          ...listenerProblems(
            every.flatMap((one) => one.compiled.listeners),
            host,
          ),
          ...lostSecrets(all, host),
        ],
      }
    },
  }
}

/** What is wrong with a var shows in all that a role makes of it. */
const once = (problems: readonly Problem[]): Problem[] => [
  ...new Map(problems.map((problem) => [problem.message, problem])).values(),
]

/** Resources of kinds that gather, all at the place of the first of their kind; the rest keep their order. */
function grouped(resources: readonly CompiledResource[]): CompiledResource[] {
  const met = new Set<string>()
  return resources.flatMap((resource) => {
    if (resource.kind.groupTogether !== true) return [resource]
    if (met.has(resource.kind.kind)) return []
    met.add(resource.kind.kind)
    return resources.filter((other) => other.kind.kind === resource.kind.kind)
  })
}
