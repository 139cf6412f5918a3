import type { Problem } from '../errors.ts'
import type { Facts } from '../facts/facts.ts'
import type { Host, Inventory } from '../inventory/inventory.ts'
import { nearest } from '../problems/nearest.ts'
import type { NamedKey } from '../rollout/declared.ts'
import type { Compiled, Compiler } from './compile.ts'
import { handlersOf } from './compiled.ts'

/**
 * Keys in the rollouts of roles that lead nowhere. A misspelt one would be silent: the host is changed in place although
 * somebody meant it to be drained. A key is known when something on any host that has the role is called by it, whichever
 * role brings it about; so one that depends on a host's vars or system is at home on another host.
 * @param factsOf what a host is, and after that what else it may be: asked for only where a key leads nowhere otherwise
 */
export function strayKeys(
  inventory: Inventory,
  compiler: Compiler,
  factsOf: (host: Host) => readonly [Facts, ...Facts[]],
): Problem[] {
  const on = (facts: (host: Host) => readonly Facts[]) =>
    straysAmong(
      inventory,
      inventory.hosts.map((host) => ({ host, made: facts(host).map((one) => compiler.compile(host, one)) })),
    )
  return on((host) => factsOf(host).slice(0, 1)).length === 0 ? [] : on(factsOf)
}

interface Tried {
  readonly host: Host
  readonly made: readonly Compiled[]
}

function straysAmong(inventory: Inventory, all: readonly Tried[]): Problem[] {
  const keysOf = (role: string): ReadonlySet<string> => {
    const tiers = new Set(inventory.tiers.filter(({ roles }) => roles.includes(role)).map(({ name }) => name))
    return new Set(all.flatMap(({ host, made }) => (tiers.has(host.tier) ? made.flatMap(keysIn) : [])))
  }
  const known = new Map<string, ReadonlySet<string>>()
  return all.flatMap(({ host, made }) =>
    (made[0]?.rollouts ?? []).flatMap(({ role, named = [] }) => {
      const keys = known.get(role) ?? keysOf(role)
      known.set(role, keys)
      return named.filter(({ key }) => !leadsSomewhere(key, keys)).map((one) => stray(one, role, keys, host))
    }),
  )
}

const keysIn = ({ resources }: Compiled): string[] => [
  ...resources.map(({ key }) => key),
  ...[...handlersOf(resources).keys()].map((id) => `handler:${id}`),
]

const leadsSomewhere = (key: string, keys: ReadonlySet<string>): boolean =>
  key.endsWith('*') ? [...keys].some((one) => one.startsWith(key.slice(0, -1))) : keys.has(key)

function stray({ field, key }: NamedKey, role: string, keys: ReadonlySet<string>, host: Host): Problem {
  const near = nearest(key.replace(/(\*|\.service)$/, ''), [...keys])
  const otherwise = `where only some vars, or another role, bring it about: { key: '${key}', optional: true }`
  return {
    message: `role '${role}': rollout(): ${field} names '${key}', and nothing is called so on any host that has the role`,
    hint: near === undefined ? otherwise : `did you mean '${near}'? Or, ${otherwise}`,
    hosts: [host.name],
  }
}
