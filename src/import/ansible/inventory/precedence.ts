import { type AnsibleValue, type AnsibleVar, isAnsibleMapping } from '../parse/value.ts'
import type { Membership } from './groups.ts'
import type { AnsibleInventory, VarsFile } from './model.ts'

/** Where a value that counts for a host was set. */
export interface Setting {
  readonly name: string
  readonly value: AnsibleVar
  readonly by: Setter
}

export type Setter = { readonly is: 'group'; readonly name: string } | { readonly is: 'host'; readonly name: string }

/** Everything that is set for a host, the lower first, in Ansible's order of precedence. */
export type SettingsOf = (host: string) => readonly Setting[]

/**
 * Ansible's order: the inventory's own vars of all, then of groups; group_vars/all; group_vars of the other groups; then the
 * host's. So group_vars/all wins over `[web:vars]` in an INI file, which surprises many.
 */
export function settings(inventory: AnsibleInventory, { groupsOf }: Membership): SettingsOf {
  const files = new Map<string, VarsFile[]>()
  const key = (file: Pick<VarsFile, 'of' | 'name' | 'beside'>) => `${file.of} ${file.beside} ${file.name}`
  for (const file of inventory.varsFiles) files.set(key(file), [...(files.get(key(file)) ?? []), file])
  const fromFiles = (of: VarsFile['of'], beside: VarsFile['beside'], name: string): Setting[] =>
    (files.get(key({ of, beside, name })) ?? []).flatMap(({ vars }) =>
      [...vars].map(([varName, value]): Setting => ({ name: varName, value, by: { is: of, name } })),
    )
  const own = (group: string): Setting[] =>
    [...(inventory.groups.get(group)?.vars ?? [])].map(
      ([name, value]): Setting => ({ name, value, by: { is: 'group', name: group } }),
    )
  const known = new Map<string, readonly Setting[]>()
  const find = (host: string): readonly Setting[] => {
    const [, ...groups] = groupsOf(host)
    const inHost = [...(inventory.hosts.get(host)?.vars ?? [])].map(
      ([name, value]): Setting => ({ name, value, by: { is: 'host', name: host } }),
    )
    return [
      ...own('all'),
      ...groups.flatMap(own),
      ...fromFiles('group', 'inventory', 'all'),
      ...fromFiles('group', 'playbooks', 'all'),
      ...groups.flatMap((group) => fromFiles('group', 'inventory', group)),
      ...groups.flatMap((group) => fromFiles('group', 'playbooks', group)),
      ...inHost,
      ...fromFiles('host', 'inventory', host),
      ...fromFiles('host', 'playbooks', host),
    ]
  }
  return (host) => {
    const found = known.get(host) ?? find(host)
    known.set(host, found)
    return found
  }
}

/** The value of each var that counts in the end. @param merges `hash_behaviour = merge` is set */
export function effective(all: readonly Setting[], merges: boolean): ReadonlyMap<string, Setting> {
  const result = new Map<string, Setting>()
  for (const one of all) {
    const below = result.get(one.name)
    result.set(one.name, merges && below !== undefined ? merged(below, one) : one)
  }
  return result
}

const merged = (below: Setting, above: Setting): Setting => ({
  ...above,
  value: {
    ...above.value,
    value: over(below.value.value, above.value.value),
    vault: [...below.value.vault, ...above.value.vault],
  },
})

function over(low: AnsibleValue, high: AnsibleValue): AnsibleValue {
  if (!isAnsibleMapping(low) || !isAnsibleMapping(high)) return high
  const keys = new Set([...Object.keys(low), ...Object.keys(high)])
  return Object.fromEntries(
    [...keys].map((key) => {
      const [under, upper] = [low[key], high[key]]
      return [key, upper === undefined ? (under ?? null) : under === undefined ? upper : over(under, upper)]
    }),
  )
}
