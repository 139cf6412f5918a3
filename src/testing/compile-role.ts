import { createCompiler } from '../catalog/compile.ts'
import { placeFinder } from '../catalog/places.ts'
import type { Role, VarSchemas } from '../catalog/role.ts'
import { keyLedger } from '../catalog/stray-keys.ts'
import { templateLookup } from '../catalog/templates.ts'
import type { Facts } from '../facts/facts.ts'
import type { HostPlan } from '../plan/host-plan.ts'
import { placeText } from '../problems/place.ts'
import type { CompiledRollout } from '../rollout/declared.ts'
import { type Declared, declared } from './declared.ts'
import { FACTS } from './facts.ts'
import { inventoryOf, type TestedHost } from './inventory.ts'
import { planOn, type Recorded, recordingOf, recordingScript } from './recorded.ts'

/** How a role is tried. */
export interface RoleSetting {
  /** As group_vars have them: secrets are plain text here, and Secrets to the role. */
  readonly vars?: Readonly<Record<string, unknown>> | undefined
  /** What the host is, where it is not a plain Debian. */
  readonly facts?: Partial<Facts> | undefined
  /** Default: `host1` of the tier `tested`, 192.0.2.1. */
  readonly host?: Partial<Omit<TestedHost, 'roles'>> | undefined
  /** Other hosts of the inventory, with their roles: what those provide is there. */
  readonly peers?: readonly TestedHost[] | undefined
  /** Other roles of this host, after the one that is tried. */
  readonly beside?: readonly Role[] | undefined
  /** Folder of the project, for its templates. Default: the working directory. */
  readonly root?: string | undefined
}

/** What a role declares on a host: what a run would plan. */
export interface TriedRole extends Declared {
  /** What is wrong, as a run would tell it before it touches any host: `file:line: message (hint)`. */
  readonly problems: readonly string[]
  /** What the role says of rolling changes, everything by its key. */
  readonly rollout: CompiledRollout | undefined
  /**
   * What a run would plan on a host that has this: nothing, where nothing is said. A kind with a script of its own (users,
   * packages) needs what that printed: {@link TriedRole.probe} records it.
   */
  plan(recorded?: Recorded): HostPlan
  /** sh that asks a host, as root, what {@link TriedRole.plan} needs: `ssh root@web1 sh <probe.sh >answer`. It only reads. */
  readonly probe: string
  /** What the probe printed on a host, as data to be kept beside the test. @throws Error when it is of other resources */
  recording(printed: string): Recorded
}

/**
 * Compiles a role for one host, as a run does before it asks any host: vars are checked and completed by the schemas,
 * templates rendered, keys of rollouts looked up. No host, no inventory and no connection is needed.
 * @example
 * const shop = compileRole(role, { vars: { shop_port: 8080 }, peers: [{ name: 'db1', tier: 'db', roles: [database] }] })
 * expect(shop.problems).toEqual([])
 * expect(shop.content('file:/etc/shop/env')).toContain('SHOP_PORT=8080')
 */
export function compileRole<S extends VarSchemas>(role: Role<S>, setting: RoleSetting = {}): TriedRole {
  const { vars = {}, facts = {}, host = {}, peers = [], beside = [], root = process.cwd() } = setting
  const tried = { name: 'host1', tier: 'tested', address: '192.0.2.1', ...host, roles: [role, ...beside] }
  const { inventory, roles } = inventoryOf([tried, ...peers], vars)
  const templates = templateLookup(root)
  const compiler = createCompiler({ inventory, roles, templates, placeOf: placeFinder(root) })
  const own = inventory.hosts.find(({ name }) => name === tried.name)
  if (own === undefined) throw new Error(`no host ${tried.name}`)
  const factsOf = (name: string, address: string): Facts => ({
    ...FACTS,
    hostname: name,
    addresses: { eth0: [address] },
    ...(name === tried.name && facts),
  })
  const compiled = compiler.compile(own, factsOf(own.name, own.address))
  const { resources, rollouts, problems } = compiled
  const ledger = keyLedger({ ...inventory, hosts: [own] })
  ledger.add(own, compiled)
  const stray = ledger.strays(compiler, ({ name, address }) => [factsOf(name, address)])
  const messages = [...compiler.problems(), ...problems, ...stray].map(({ origin, message, hint }) =>
    [origin && origin.file !== '' && `${placeText(origin)}: `, message, hint && ` (${hint})`]
      .filter((part) => part)
      .join(''),
  )
  return {
    ...declared(resources),
    problems: [...new Set(messages)],
    rollout: rollouts.find((one) => one.role === role.name),
    plan: (recorded = {}) => planOn({ host: own.name, tier: own.tier, resources, rollouts }, recorded),
    get probe() {
      return recordingScript(resources)
    },
    recording: (printed) => recordingOf(resources, printed),
  }
}
