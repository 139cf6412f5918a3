import type { Origin } from '../../../errors.ts'
import type { Host, Value } from '../../../inventory/inventory.ts'
import { isSecret } from '../../../masking/secret.ts'
import { placeText } from '../../../problems/place.ts'
import { step } from '../../../problems/pointer.ts'
import type { SwitchPlan } from './switch-plan.ts'

/** What is left for people to do, in the inventory that no command writes to. */
export function switchNotes(plan: SwitchPlan, tier: string, hosts: readonly Host[]): string[] {
  const { old, candidate, lost } = plan
  if (old === undefined) return []
  const address = (name: string) => hosts.find((host) => host.name === name)?.address ?? name
  const named = hosts
    .filter((host) => host.tier !== tier)
    .flatMap((host) => varsWith(host, [old, address(old)]).map(({ name, origin }) => ({ name, origin, host })))
  const tiers = [...new Set(named.map(({ host }) => host.tier))]
  const places = [...new Set(named.map(({ name, origin }) => `${name} (${placeText(origin)})`))]
  return [
    ...(places.length === 0
      ? []
      : [
          `${places.join(', ')} still ${places.length === 1 ? 'names' : 'name'} ${old}: change to ${address(candidate)} (${candidate}) and run provision --limit ${tiers.join(',')}`,
        ]),
    `for a later restart of ${candidate}: mysql_role: primary for it, and replica for ${old}, lets a run make it writable again`,
    ...(lost
      ? [`${old} must not take writes again: it is read-only when it starts, and the next run makes it a replica`]
      : []),
  ]
}

/**
 * Vars of a host that are one of these texts. One of several addresses in a list is the reader's own choice, and what is
 * read from by its name (`DB_READ_HOST`) is right on a replica.
 */
function varsWith({ vars, origins }: Host, texts: readonly string[]): { name: string; origin: Origin }[] {
  const find = (value: Value | undefined, pointer: string): Origin[] => {
    if (typeof value === 'string') {
      const origin = texts.includes(value.replace(/:\d+$/, '')) ? origins.get(pointer) : undefined
      return origin ? [origin] : []
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value) || isSecret(value)) return []
    const written = Object.entries(value).filter(([key]) => !/read|replica/i.test(key))
    return written.flatMap(([key, inner]) => find(inner, pointer + step(key)))
  }
  return Object.entries(vars).flatMap(([name, value]) => find(value, step(name)).map((origin) => ({ name, origin })))
}
