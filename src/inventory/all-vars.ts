import type { Host, Vars } from './inventory.ts'

/** All that is set for hosts, each level once, however many hosts have it: what is merged of them for each says no more. */
export function allVars(hosts: readonly Pick<Host, 'vars' | 'levels'>[]): ReadonlySet<Vars> {
  const all = new Set<Vars>()
  for (const host of hosts) {
    for (const { vars } of host.levels) all.add(vars)
    if (host.levels.length === 0) all.add(host.vars)
  }
  return all
}
