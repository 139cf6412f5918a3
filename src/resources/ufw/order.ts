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
  const moved = new Set<number>()
  declared.forEach((spec, j) => {
    const late = declared.slice(0, j).some((earlier, i) =>
      spec.tuples.some((tuple) => {
        const at = place.get(matchOf(tuple))
        return (
          at !== undefined &&
          earlier.tuples.some((other) => {
            if (!orderMatters(other, tuple)) return false
            const before = place.get(matchOf(other))
            return before === undefined || moved.has(i) || before > at
          })
        )
      }),
    )
    if (late) moved.add(j)
  })
  return moved
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
