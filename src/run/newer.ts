import type { CompiledResource } from '../catalog/compiled.ts'
import type { Planned } from '../plan/planner.ts'

/** What `provision upgrade` wants in place of a declaration, and the declaration, which a plain run would follow. */
export interface Upgradable {
  readonly resources: readonly CompiledResource[]
  readonly plain: ReadonlyMap<string, unknown>
}

export function upgradable(resources: readonly CompiledResource[]): Upgradable {
  return {
    resources: resources.map((resource) => {
      const { kind, desired } = resource
      return kind.upgraded ? { ...resource, desired: kind.upgraded(desired) } : resource
    }),
    plain: new Map(resources.map(({ key, desired }) => [key, desired])),
  }
}

/** Whether an upgrade would change anything that a plain run would leave as it is; undefined where that is not known. */
export function hasNewer(planned: Planned | undefined, plain: ReadonlyMap<string, unknown>): boolean | undefined {
  if (!planned || planned.openEnded || planned.plan.items.some(({ problem }) => problem !== undefined)) return undefined
  return planned.segments
    .flatMap(({ steps }) => steps.flat())
    .some(
      ({ resource: { kind, key }, change }) =>
        kind.upgraded && !isPlain(() => kind.diff(plain.get(key), change.actual)),
    )
}

/** Would be refused, or changed, by a plain run as well. */
const isPlain = (diff: () => unknown): boolean => {
  try {
    return diff() !== undefined
  } catch {
    return true
  }
}

/** Nothing newer is an answer of its own: what the plan shows then is what a plain run does. */
export function upgradeNotes(
  hosts: readonly { readonly host: string; readonly newer: boolean | undefined; readonly changes: boolean }[],
): string[] {
  const without = hosts.filter(({ newer }) => newer === false)
  if (without.length === 0) return []
  const where = without.length === hosts.length ? '' : ` on ${without.map(({ host }) => host).join(', ')}`
  const rest = without.some(({ changes }) => changes) ? '; what is planned there, a plain run does too' : ''
  return [`nothing newer${where}: every package is the newest that the roles allow${rest}`]
}
