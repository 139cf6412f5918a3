import type { Problem } from '../errors.ts'
import type { Facts } from '../facts/facts.ts'
import type { Host, Inventory } from '../inventory/inventory.ts'
import { nearest } from '../problems/nearest.ts'
import type { NamedKey } from '../rollout/declared.ts'
import type { Compiled, Compiler } from './compile.ts'
import { handlersOf } from './compiled.ts'

/** Keys that the rollouts of roles name, and those that there are, host by host: of no host anything else is kept. */
export interface KeyLedger {
  /** What a host declares, as far as it is known. */
  add(host: Host, compiled: Compiled): void
  /**
   * Keys in the rollouts of roles that lead nowhere. A misspelt one would be silent: the host is changed in place although
   * somebody meant it to be drained. A key is known when something on any host that has the role is called by it, whichever
   * role brings it about; so one that depends on a host's vars or system is at home on another host.
   * @param factsOf what a host is, and after that what else it may be: asked for only where a key leads nowhere otherwise
   */
  strays(compiler: Compiler, factsOf: (host: Host) => readonly [Facts, ...Facts[]]): Problem[]
}

/** Of hosts of this inventory. */
export function keyLedger({ hosts, tiers }: Inventory): KeyLedger {
  const rolesOf = new Map(tiers.map(({ name, roles }) => [name, roles]))
  const keys = new Map<string, Set<string>>()
  const named = new Map<string, Named>()
  const seen = new Set<Host>()

  const addKeys = (host: Host, compiled: Compiled): void => {
    const own = keysIn(compiled)
    for (const role of rolesOf.get(host.tier) ?? []) {
      const ofRole = keys.get(role) ?? new Set()
      keys.set(role, ofRole)
      for (const key of own) ofRole.add(key)
    }
  }
  const stray = (): Named[] =>
    [...named.values()].filter(({ role, named: { key } }) => !leadsSomewhere(key, keys.get(role) ?? new Set()))

  return {
    add(host, compiled) {
      seen.add(host)
      addKeys(host, compiled)
      for (const { role, named: of = [] } of compiled.rollouts) {
        for (const one of of) {
          const sight = JSON.stringify([role, one.field, one.key])
          const known = named.get(sight)
          if (known) known.hosts.push(host.name)
          else named.set(sight, { role, named: one, hosts: [host.name] })
        }
      }
    },
    strays(compiler, factsOf) {
      if (stray().length === 0) return []
      for (const host of hosts) if (!seen.has(host)) addKeys(host, compiler.compile(host, factsOf(host)[0]))
      if (stray().length === 0) return []
      for (const host of hosts) {
        for (const facts of factsOf(host).slice(1)) addKeys(host, compiler.compile(host, facts))
      }
      return stray().map((one) => problemOf(one, keys.get(one.role) ?? new Set()))
    },
  }
}

/** A key that the rollout of a role names, on these hosts. */
interface Named {
  readonly role: string
  readonly named: NamedKey
  readonly hosts: string[]
}

const keysIn = ({ resources }: Compiled): string[] => [
  ...resources.map(({ key }) => key),
  ...[...handlersOf(resources).keys()].map((id) => `handler:${id}`),
]

const leadsSomewhere = (key: string, keys: ReadonlySet<string>): boolean =>
  key.endsWith('*') ? [...keys].some((one) => one.startsWith(key.slice(0, -1))) : keys.has(key)

function problemOf({ role, named: { field, key }, hosts }: Named, keys: ReadonlySet<string>): Problem {
  const near = nearest(key.replace(/(\*|\.service)$/, ''), [...keys])
  const otherwise = `where only some vars, or another role, bring it about: { key: '${key}', optional: true }`
  return {
    message: `role '${role}': rollout(): ${field} names '${key}', and nothing is called so on any host that has the role`,
    hint: near === undefined ? otherwise : `did you mean '${near}'? Or, ${otherwise}`,
    hosts,
  }
}
