import type { UfwActual, UfwDesired } from './model.ts'
import { describeTuple } from './tuple.ts'

/** Rules that are told one by one. */
const MOST = 5

/** A rule of somebody else's that stands before a declared one makes it void, though the declared one is there. */
export function notesOn(desired: UfwDesired, actual: UfwActual | 'absent'): readonly string[] {
  if (desired.sort !== 'rule' || desired.state === 'absent' || actual === 'absent' || actual.sort !== 'rule') return []
  const rules = [
    ...new Set(actual.specs.flatMap(({ overruled = [] }) => overruled.map((tuple) => describeTuple(tuple)))),
  ]
  const notes = rules
    .slice(0, MOST)
    .map((rule) => `'${rule}', which nobody declares, stands before this rule and decides first`)
  if (rules.length > MOST) notes.push(`${rules.length - MOST} more rules that nobody declares stand before this one`)
  if (rules.length > 0)
    notes.push('to take it away: ufw delete, or ufw_purge: all; to keep it: declare it in ufw_rules before this one')
  return notes
}
