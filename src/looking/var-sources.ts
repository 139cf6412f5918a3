import type { Role } from '../catalog/role.ts'
import type { Origin } from '../errors.ts'
import type { Host } from '../inventory/inventory.ts'
import { originAt } from '../inventory/origins.ts'
import { isMapping } from '../inventory/vars.ts'
import { isSecret } from '../masking/secret.ts'
import { dotted, step, steps } from '../problems/pointer.ts'
import { levelAt, type SetAt } from './levels.ts'

/** A var, or a key of one whose keys were set in several places. */
export interface VarSource extends SetAt {
  /** JSON pointer into the vars: `/app_env/PORT`. */
  readonly pointer: string
  /** The same as people read it: `app_env.PORT`. */
  readonly path: string
  /** Plain data; secrets are masks. */
  readonly value: unknown
  /** Undefined: a role's default. */
  readonly origin?: Origin | undefined
}

/**
 * Each var of a host with the place that decided: one entry where it was set in one place, an entry for each key where a
 * mapping was merged from several.
 * @param vars complete: what is set, and the defaults of the host's roles
 */
export function varSources(
  host: Pick<Host, 'vars' | 'origins' | 'levels'>,
  vars: Readonly<Record<string, unknown>>,
  roles: readonly Role[],
): VarSource[] {
  const roleOf = (pointer: string) => roles.find((role) => (steps(pointer)[0] as string) in role.vars)?.name

  const sourcesOf = (pointer: string, value: unknown): VarSource[] => {
    const written = valueAt(host.vars, pointer)
    const origin = written === undefined ? undefined : originAt(host.origins, pointer)
    const at: SetAt = origin ? levelAt(host, pointer, origin) : { level: 'role default', of: roleOf(pointer) }
    const whole = [{ pointer, path: dotted(pointer) ?? '', value, ...at, origin }]
    if (written === undefined || !isMapping(value) || !isMapping(written) || Object.keys(value).length === 0)
      return whole
    const inner = Object.entries(value).flatMap(([key, one]) => sourcesOf(pointer + step(key), one))
    const isOne = inner.every((one) => one.level === at.level && one.origin?.file === origin?.file)
    return isOne ? whole : inner
  }

  return Object.entries(vars).flatMap(([name, value]) => sourcesOf(step(name), value))
}

function valueAt(vars: unknown, pointer: string): unknown {
  return steps(pointer).reduce<unknown>(
    (inner, key) => (isMapping(inner) && !isSecret(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined),
    vars,
  )
}
