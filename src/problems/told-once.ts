import type { Problem } from '../errors.ts'

/** The same thing wrong on several hosts is told once, with the names of them all. */
export function toldOnce(problems: readonly Problem[]): Problem[] {
  const told = new Map<string, Problem>()
  for (const problem of problems) {
    const { message, origin, path, hint } = problem
    const sight = JSON.stringify([message, origin, path, hint])
    const before = told.get(sight)
    const hosts = new Set([...(before?.hosts ?? []), ...(problem.hosts ?? [])])
    told.set(sight, hosts.size === 0 ? problem : { ...problem, hosts: [...hosts] })
  }
  return [...told.values()]
}
