import { closest, distance } from 'fastest-levenshtein'

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

/** One letter more, less or other, or two in another order. */
export function isSlip(wrong: string, name: string): boolean {
  const lower = wrong.toLowerCase()
  return distance(lower, name.toLowerCase()) === 1 || isSwapped(lower, name)
}

/** The hint for an unknown name: the nearest one, else all of them while they fit a line. */
export function nameHint(wrong: string, known: readonly string[]): string | undefined {
  const near = nearest(wrong, known)
  if (near !== undefined) return `did you mean '${near}'?`
  if (known.length === 0 || known.length > 15) return undefined
  return `known: ${[...known].sort().join(', ')}`
}
