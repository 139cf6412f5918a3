import type { Origin } from '../errors.ts'
import type { Handler, Resource } from '../resources/resource.ts'
import type { CompiledRollout } from '../rollout/declared.ts'

/** A resource as the plan sees it: with its identity and the role it comes from. */
export interface CompiledResource extends Resource {
  /** `kind:identity`, unique on a host. */
  readonly key: string
  readonly role: string
  /** Its role needs nothing that a run brings to other hosts. */
  readonly standalone?: boolean | undefined
  /** Where in the project; it costs a second run of the role. */
  readonly declaredAt?: (() => Origin | undefined) | undefined
}

/** Everything that roles say about one host. */
export interface CompiledHost {
  /** In order of application. */
  readonly resources: readonly CompiledResource[]
  readonly rollouts: readonly CompiledRollout[]
}

/** Every handler that these resources may call for, by id, in order of first mention. */
export function handlersOf(resources: readonly CompiledResource[]): Map<string, Handler> {
  const handlers = new Map<string, Handler>()
  for (const resource of resources) {
    for (const handler of resource.notify) if (!handlers.has(handler.id)) handlers.set(handler.id, handler)
  }
  return handlers
}
