import type { CompiledResource } from '../catalog/compiled.ts'
import type { Question } from '../observe/question.ts'
import type { ResourceKind } from '../resources/resource.ts'
import type { Script } from '../shell/script.ts'
import { targetStateProbe } from './target-state.ts'

/** Resources of one kind on one host, in order. */
export interface KindGroup {
  readonly kind: ResourceKind
  readonly resources: readonly CompiledResource[]
}

/** Ids of the questions that are not kinds'; a kind's name has no dot. */
export const FACTS = 'provision.facts'
export const STATE = 'provision.state'
export const AFTER = 'provision.after'

/** Seconds that one question may take, where it is asked apart, before it counts as failed. */
const TIMEOUT = 30

export function groupByKind(resources: readonly CompiledResource[]): KindGroup[] {
  const groups = new Map<string, { kind: ResourceKind; resources: CompiledResource[] }>()
  for (const resource of resources) {
    const group = groups.get(resource.kind.kind)
    if (group) group.resources.push(resource)
    else groups.set(resource.kind.kind, { kind: resource.kind, resources: [resource] })
  }
  return [...groups.values()]
}

/** What each kind asks about all of its resources. Its name is the question's id. */
export function kindQuestions(resources: readonly CompiledResource[]): Question[] {
  return groupByKind(resources).map(({ kind, resources: all }) => {
    const desired = all.map((resource) => resource.desired)
    return { id: kind.kind, reads: kind.reads?.(desired), script: kind.probe?.(desired), timeout: TIMEOUT }
  })
}

/**
 * Everything that a host is asked: facts, what earlier runs left, and each kind's question.
 * @param stateDir where earlier runs left it
 * @param after runs last (the lock is given back with the probe that verifies)
 * @param more what a run wants to know besides
 */
export function hostQuestions(
  facts: Script,
  resources: readonly CompiledResource[],
  stateDir: string,
  after?: Script,
  more: readonly Question[] = [],
): Question[] {
  return [
    { id: FACTS, script: facts, timeout: TIMEOUT },
    { id: STATE, script: targetStateProbe(stateDir), timeout: TIMEOUT },
    ...more,
    ...kindQuestions(resources),
    ...(after ? [{ id: AFTER, script: after, timeout: TIMEOUT }] : []),
  ]
}
