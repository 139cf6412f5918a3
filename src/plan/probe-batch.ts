import type { CompiledResource } from '../catalog/compiled.ts'
import { FILES_LIBRARY } from '../resources/content.ts'
import type { ResourceKind } from '../resources/resource.ts'
import { bulkProbeScript, type Fragment } from '../shell/frame.ts'
import type { Script } from '../shell/script.ts'
import { targetStateProbe } from './target-state.ts'

/** Resources of one kind on one host, in order. */
export interface KindGroup {
  readonly kind: ResourceKind
  readonly resources: readonly CompiledResource[]
}

/** Ids of the fragments that are not kinds'; a kind's name has no dot. */
export const FACTS = 'provision.facts'
export const STATE = 'provision.state'
export const AFTER = 'provision.after'

/** Seconds that one kind's probe may take before it counts as failed. */
const PROBE_TIMEOUT = 30

export function groupByKind(resources: readonly CompiledResource[]): KindGroup[] {
  const groups = new Map<string, { kind: ResourceKind; resources: CompiledResource[] }>()
  for (const resource of resources) {
    const group = groups.get(resource.kind.kind)
    if (group) group.resources.push(resource)
    else groups.set(resource.kind.kind, { kind: resource.kind, resources: [resource] })
  }
  return [...groups.values()]
}

/** Seconds for all of them together, when one shell asks. */
const BULK_TIMEOUT = 60

/**
 * Everything that a host is asked: facts, what earlier runs left, and each kind's bulk probe.
 * @param after runs last (the lock is given back with the probe that verifies)
 */
export function probeFragments(facts: Script, resources: readonly CompiledResource[], after?: Script): Fragment[] {
  const kinds = groupByKind(resources).map(
    ({ kind, resources: all }): Fragment => ({
      id: kind.kind,
      script: kind.probe(all.map((resource) => resource.desired)),
      timeout: PROBE_TIMEOUT,
    }),
  )
  return [
    { id: FACTS, script: facts, timeout: PROBE_TIMEOUT },
    { id: STATE, script: targetStateProbe, timeout: PROBE_TIMEOUT },
    ...kinds,
    ...(after ? [{ id: AFTER, script: after, timeout: PROBE_TIMEOUT }] : []),
  ]
}

/**
 * The one script that asks a host all of it.
 * @param nonce marks the frames of this exec; unguessable, letters and digits
 */
export function probeBatch(nonce: string, fragments: readonly Fragment[]): Script {
  return bulkProbeScript(nonce, fragments, BULK_TIMEOUT, [FILES_LIBRARY])
}
