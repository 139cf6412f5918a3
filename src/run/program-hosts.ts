import type { Target } from '../inventory/inventory.ts'

/** Hosts that the ssh program logs in at though nobody asked for it, and why. */
export interface ProgramHosts {
  readonly hosts: readonly string[]
  readonly because: string
}

/** By reason, in the order of the hosts. */
export function programHosts(hosts: readonly Target[]): ProgramHosts[] {
  const byReason = new Map<string, string[]>()
  for (const { name, connection } of hosts) {
    if (connection.programBecause === undefined || connection.transport !== 'openssh') continue
    const because = connection.programBecause.join(', ')
    const known = byReason.get(because)
    if (known) known.push(name)
    else byReason.set(because, [name])
  }
  return [...byReason].map(([because, names]) => ({ hosts: names, because }))
}
