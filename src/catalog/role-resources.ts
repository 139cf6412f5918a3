import { messageOf, type Origin, type Problem, ProvisionError } from '../errors.ts'
import type { Host } from '../inventory/inventory.ts'
import { withPlaces } from '../resources/place.ts'
import type { Resource } from '../resources/resource.ts'
import type { CompiledResource } from './compiled.ts'
import { encryptedHint } from './given-secrets.ts'
import { unnested } from './nested.ts'
import type { PlaceOf } from './places.ts'
import type { Role, RoleInput, VarsOf } from './role.ts'

interface Made {
  readonly resources: readonly CompiledResource[]
  readonly problems: readonly Problem[]
}

/**
 * Everything that a role declares on a host, and everything that is wrong with it.
 * @throws Error that the role throws
 */
export function resourcesOf(role: Role, input: RoleInput<VarsOf<Role['vars']>>, host: Host, placeOf: PlaceOf): Made {
  const declared = declaredBy(role, input)
  let places: readonly (Origin | undefined)[] | undefined
  const placeAt = (i: number): Origin | undefined => {
    places ??= withPlaces(() => declaredBy(role, input)).map((one) => placeOf(isResource(one) ? one.stack : undefined))
    return places[i]
  }
  const made = declared.map((one, i): Made => {
    const at = () => placeAt(i)
    const wrong = (message: string, origin: Origin | undefined, hint: string | undefined): Problem => ({
      ...{ message: `role '${role.name}': ${message}`, origin, hint, hosts: [host.name] },
    })
    if (!isResource(one)) return { resources: [], problems: [wrong(notOne(one, i), undefined, LEAVE_OUT)] }
    const { kind, desired, notify, given, fields, problems = [], stack } = one
    if (problems.length > 0) {
      const origin = placeOf(stack)
      return { resources: [], problems: problems.map(({ message, hint }) => wrong(message, origin, hint)) }
    }
    try {
      const key = `${kind.kind}:${kind.key(desired)}`
      return {
        resources: [
          { key, role: role.name, standalone: role.standalone, kind, desired, notify, given, fields, declaredAt: at },
        ],
        problems: [],
      }
    } catch (error) {
      return { resources: [], problems: [roleProblem(error, role, host, placeOf, at)] }
    }
  })
  return { resources: made.flatMap(({ resources }) => resources), problems: made.flatMap(({ problems }) => problems) }
}

function declaredBy(role: Role, input: RoleInput<VarsOf<Role['vars']>>): readonly unknown[] {
  const declared: unknown = role.resources(input)
  if (!Array.isArray(declared)) throw new TypeError('resources() must return a list')
  return unnested(declared)
}

export const isResource = (value: unknown): value is Resource =>
  typeof value === 'object' && value !== null && 'kind' in value && 'desired' in value && 'notify' in value

const notOne = (value: unknown, i: number): string => {
  const what = typeof value === 'object' && value !== null ? 'an object' : value === '' ? "''" : String(value)
  return `element ${i + 1} of what resources() returns is no resource, but ${what}`
}

const LEAVE_OUT = 'what depends on something is left out so: wanted && file({ … }), where wanted is true or false'

/**
 * What a role throws, as a problem of the input.
 * @param at where it was declared, for an error that came up later
 */
export function roleProblem(
  error: unknown,
  role: Role,
  host: Host,
  placeOf: PlaceOf,
  at?: () => Origin | undefined,
): Problem {
  const known = error instanceof ProvisionError ? error : undefined
  const stack = error instanceof Error ? error.stack : undefined
  return {
    message: `role '${role.name}': ${messageOf(error)}`,
    origin: known?.origin ?? at?.() ?? placeOf(stack),
    hint: known ? known.hint : encryptedHint(role, host, error),
    hosts: [host.name],
  }
}
