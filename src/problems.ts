import { closest, distance } from 'fastest-levenshtein'
import type { Problem } from './errors.ts'

/** The known name that a wrong one was probably meant to be; undefined when none is near. */
export function nearest(wrong: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined
  const lower = wrong.toLowerCase()
  const best = known.find((name) => isSwapped(lower, name)) ?? closest(lower, known)
  const far = distance(lower, best.toLowerCase())
  return far <= Math.max(1, Math.ceil(best.length / 3)) || isSwapped(lower, best) ? best : undefined
}

/** The same letters in another order: the commonest slip, though it counts as two edits. */
const isSwapped = (a: string, b: string): boolean => a.length === b.length && letters(a) === letters(b.toLowerCase())
const letters = (text: string): string => [...text].sort().join('')

/** The hint for an unknown name: the nearest one, else all of them while they fit a line. */
export function nameHint(wrong: string, known: readonly string[]): string | undefined {
  const near = nearest(wrong, known)
  if (near !== undefined) return `did you mean '${near}'?`
  if (known.length === 0 || known.length > 15) return undefined
  return `known: ${[...known].sort().join(', ')}`
}

/** One step of a JSON pointer (RFC 6901). */
export function step(key: string | number): string {
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** The keys of a JSON pointer. */
export function steps(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** A JSON pointer as people read it: `tiers.web.hosts.web1.address`; undefined for the whole document. */
export function dotted(pointer: string): string | undefined {
  return pointer === '' ? undefined : steps(pointer).join('.')
}

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
