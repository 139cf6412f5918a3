import type { Problem } from '../errors.ts'

/** The same thing wrong on several hosts is told once, with the names of them all. */
export function toldOnce(problems: readonly Problem[]): Problem[] {
  const bySight = new Map<string, { readonly problem: Problem; readonly hosts: Set<string> }>()
  for (const problem of problems) {
    const { message, origin, path, hint, hosts = [] } = problem
    const sight = JSON.stringify([message, origin, path, hint])
    const before = bySight.get(sight)
    if (before) for (const host of hosts) before.hosts.add(host)
    else bySight.set(sight, { problem, hosts: new Set(hosts) })
  }
  return [...bySight.values()].map(({ problem, hosts }) =>
    hosts.size === 0 ? problem : { ...problem, hosts: [...hosts] },
  )
}
