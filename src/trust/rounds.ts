import type { Target } from '../inventory/inventory.ts'

/**
 * The hosts and the jump hosts on the way to them, by how many of these are passed: what is behind a jump host is seen
 * only once that one's key is known.
 */
export function roundsOf(hosts: readonly Target[]): readonly (readonly Target[])[] {
  const seen = new Set(hosts.map(placeOf))
  const onTheWay = hosts.flatMap((host) =>
    jumpsOf(host).map((jump, i, way) => ({ ...jump, connection: { ...jump.connection, jumps: way.slice(0, i) } })),
  )
  const further = onTheWay.filter((jump) => {
    const isNew = !seen.has(placeOf(jump))
    seen.add(placeOf(jump))
    return isNew
  })
  const all = [...further, ...hosts]
  const depths = [...new Set(all.map((target) => jumpsOf(target).length))].toSorted((a, b) => a - b)
  return depths.map((depth) => all.filter((target) => jumpsOf(target).length === depth))
}

export const jumpsOf = ({ connection: { jumps = [] } }: Target): readonly Target[] => jumps

const placeOf = (target: Target): string => {
  const { address, connection } = target
  return JSON.stringify([connection.host ?? address, connection.port, jumpsOf(target).map(({ name }) => name)])
}
