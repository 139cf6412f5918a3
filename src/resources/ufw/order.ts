import { type Family, overlap, parseNet } from './address.ts'
import type { Spec } from './declared.ts'
import { portsOverlap } from './ports.ts'
import { matchOf, type Tuple } from './tuple.ts'

/**
 * The first rule that matches a packet decides, so order counts between rules that can match one packet and do
 * something else with it. Only such pairs of declared rules are compared; rules that somebody else made and that stay
 * are not.
 */
export function orderMatters(a: Tuple, b: Tuple): boolean {
  return (a.action !== b.action || a.log !== b.log) && canMatchOnePacket(a, b)
}

/**
 * Which declared rules stand where they must not and have to be made anew, at the end: a rule that an earlier
 * declared one of another effect follows, or will follow because it is missing or made anew itself.
 * @param present what the host has, in order
 * @returns indexes into `declared`
 */
export function misplaced(declared: readonly Spec[], present: readonly Tuple[]): ReadonlySet<number> {
  const place = new Map(present.map((tuple, i) => [matchOf(tuple), i]))
  const placed = declared.map(({ tuples }) => tuples.map((tuple) => ({ tuple, at: place.get(matchOf(tuple)) })))
  const moved = new Set<number>()
  placed.forEach((spec, j) => {
    const late = spec.some(
      ({ tuple, at }) =>
        at !== undefined &&
        placed
          .slice(0, j)
          .some((previous, i) =>
            previous.some(
              (other) => orderMatters(other.tuple, tuple) && (other.at === undefined || moved.has(i) || other.at > at),
            ),
          ),
    )
    if (late) moved.add(j)
  })
  return moved
}

/**
 * Which of the rules that nobody declares decide before a declared one, for some packets, and do something else with them.
 * @param present what the host has, in order
 */
export function deciders(spec: Spec, foreign: readonly Tuple[], present: readonly Tuple[]): Tuple[] {
  const place = new Map(present.map((tuple, i) => [matchOf(tuple), i]))
  // One that is not there yet comes to the end.
  const at = (tuple: Tuple): number => place.get(matchOf(tuple)) ?? present.length
  return foreign.filter((other) => spec.tuples.some((tuple) => at(other) < at(tuple) && orderMatters(other, tuple)))
}

const canMatchOnePacket = (a: Tuple, b: Tuple): boolean =>
  a.family === b.family &&
  chainOf(a) === chainOf(b) &&
  (a.proto === b.proto || a.proto === 'any' || b.proto === 'any') &&
  portsOverlap(a.dport, b.dport) &&
  portsOverlap(a.sport, b.sport) &&
  netsOverlap(a.src, b.src, a.family) &&
  netsOverlap(a.dst, b.dst, a.family) &&
  ifacesOverlap(a.inIface, b.inIface) &&
  ifacesOverlap(a.outIface, b.outIface)

export const chainOf = (tuple: Tuple): 'input' | 'output' | 'forward' =>
  tuple.route ? 'forward' : tuple.direction === 'out' ? 'output' : 'input'

const netsOverlap = (a: string, b: string, family: Family): boolean => {
  const [one, other] = [parseNet(a), parseNet(b)]
  // What can't be read counts as overlapping: a needless move harms less than a wrong order.
  return one?.family !== family || other?.family !== family || overlap(one, other)
}

const ifacesOverlap = (a: string, b: string): boolean => {
  if (a === '' || b === '') return true
  // `eth+` is every interface that begins so.
  const [one, other] = [a.replace(/\+$/, ''), b.replace(/\+$/, '')]
  if (a.endsWith('+') && b.endsWith('+')) return one.startsWith(other) || other.startsWith(one)
  if (a.endsWith('+')) return b.startsWith(one)
  return b.endsWith('+') ? a.startsWith(other) : a === b
}
