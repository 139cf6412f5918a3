import { createHmac } from 'node:crypto'
import type { CompiledResource } from '../catalog/compiled.ts'
import type { Planned } from '../plan/planner.ts'
import { canonical } from './canonical.ts'
import type { SealedHost, SealedItem } from './format.ts'

/** One host's seal, and what puts its name to the whole plan. */
export interface HostSeal extends SealedHost {
  mac(digest: string): string
}

/**
 * Keyed hashes of what a plan wants of each touched resource and of what was there. Equal values have other hashes in
 * another plan, on another host and at another resource.
 * @param key the host's own
 */
export function sealHost(
  plan: string,
  key: string,
  planned: Planned,
  resources: readonly CompiledResource[],
): HostSeal {
  const hash = (...parts: readonly string[]): string =>
    createHmac('sha256', Buffer.from(key, 'hex'))
      .update(JSON.stringify([plan, ...parts]))
      .digest('base64url')
      .slice(0, 24)
  const byKey = new Map(resources.map((resource) => [resource.key, resource]))
  const changes = new Map(
    planned.segments.flatMap(({ steps }) =>
      steps.flat().map(({ resource, change }) => [resource.key, change] as const),
    ),
  )
  const items = planned.plan.items.flatMap((item): SealedItem[] => {
    const resource = byKey.get(item.key)
    if (item.action === 'none' || !resource) return []
    const handlers = resource.notify.map(({ id, script }) => [id, script])
    const change = changes.get(item.key)
    const basis = change && (resource.kind.basis ? resource.kind.basis(change) : change.actual)
    return [
      {
        key: item.key,
        wanted: hash('wanted', item.key, canonical([resource.desired, handlers])),
        ...(change && basis !== undefined && { probed: hash('probed', item.key, canonical([change.action, basis])) }),
      },
    ]
  })
  return { host: planned.plan.host, items, mac: (digest) => hash('plan', digest) }
}
