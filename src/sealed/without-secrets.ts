import { parse } from 'yaml'
import type { Compiler } from '../catalog/compile.ts'
import type { Host, Inventory } from '../inventory/inventory.ts'
import { isSecret, MASK } from '../masking/secret.ts'

/** Vars as they may be digested: by where secrets stand, for a mask of texts leaves short ones, and hides others where they are none. */
export interface WithoutSecrets {
  /** The vars of a host, with a mask in the place of each secret. */
  vars(host: Host): unknown
  /**
   * What a file of an inventory says, with a mask in the place of each var that holds a secret anywhere; undefined: it has no
   * such var, or is no data.
   */
  file(name: string, text: string): unknown
}

/** @param compiler knows what schemas of roles call secret */
export function withoutSecrets(
  { hosts }: Pick<Inventory, 'hosts'>,
  compiler: Pick<Compiler, 'varsOf'>,
): WithoutSecrets {
  const tainted = (host: Host): [string, unknown][] =>
    [host.vars, ...compiler.varsOf(host)]
      .flatMap((vars) => (isMapping(vars) ? Object.entries(vars) : []))
      .filter(([, value]) => holdsSecret(value))
  const names = new Set(hosts.flatMap((host) => tainted(host).map(([name]) => name)))
  return {
    vars(host) {
      const known = new Map(tainted(host))
      const shown = Object.entries(host.vars).map(([name, value]) => [
        name,
        // What no role of this host reads may be one all the same.
        known.has(name) ? known.get(name) : names.has(name) ? MASK : value,
      ])
      return JSON.parse(JSON.stringify(Object.fromEntries(shown)))
    },
    file(name, text) {
      if (names.size === 0 || !/\.(ya?ml|json)$/.test(name)) return undefined
      const data = dataIn(text)
      return hasKey(data, names) ? withMasks(data, names) : undefined
    },
  }
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const inside = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : isMapping(value) ? Object.values(value) : []

const holdsSecret = (value: unknown): boolean => isSecret(value) || inside(value).some(holdsSecret)

const hasKey = (value: unknown, names: ReadonlySet<string>): boolean =>
  (isMapping(value) && Object.keys(value).some((key) => names.has(key))) ||
  inside(value).some((one) => hasKey(one, names))

function withMasks(value: unknown, names: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((one) => withMasks(one, names))
  if (!isMapping(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, names.has(key) ? MASK : withMasks(one, names)]),
  )
}

/** It was read before; what is no YAML after all is a text. */
function dataIn(text: string): unknown {
  try {
    return parse(text, { logLevel: 'silent', merge: true })
  } catch {
    return undefined
  }
}
