import type { CompiledRollout, FirstHost } from './declared.ts'
import { hasStepsAt, type Turn } from './phase.ts'

/** A change as the plan has it. */
interface Item {
  readonly key: string
  readonly role: string
  readonly action: string
  readonly fields: readonly { readonly field: string }[]
}

interface DueHandler {
  readonly id: string
  readonly because: readonly string[]
  readonly pending: boolean
}

/** What is done around the changes of one host. */
export interface Around {
  /** Keys of what disturbs; empty: the host is changed in place. */
  readonly disruptive: readonly string[]
  /** Keys of what takes the host out of service with nothing to drain it: requests are lost meanwhile. */
  readonly exposed: readonly string[]
  /** Hosts that have to make changes of this plan before any other does; this one, maybe. */
  readonly first: readonly FirstHost<string>[]
  /** Its roles name services, and none of them runs: it serves nobody. */
  readonly down: boolean
  /** Where the host is the primary of its tier, and a run may move that to another, it is done first. */
  readonly needsFailover: boolean
  /** Roles whose steps are due at each turn; to put the host back, the last one that was drained first. */
  readonly due: Readonly<Record<Turn, readonly CompiledRollout[]>>
  /** Roles that know who counts what goes through its tier, where the changes take something out of that. */
  readonly counted: readonly CompiledRollout[]
}

/**
 * Which of a host's rollouts a plan calls for. Pure.
 * @param items everything of the plan, also what is as declared
 * @param leftDrained roles whose drain an earlier run began
 */
export function aroundChanges(
  rollouts: readonly CompiledRollout[],
  items: readonly Item[],
  handlers: readonly DueHandler[],
  leftDrained: readonly string[],
): Around {
  const changes = items.filter(({ action }) => action !== 'none')
  const naming = rollouts.filter(({ requiredServices = [] }) => requiredServices.length > 0)
  const serving = rollouts.filter((rollout) => !isDown(rollout, changes))
  const found = serving.map((rollout) => ({ rollout, keys: among(rollout.disruptive, changes, handlers) }))
  const drain = found.filter(({ rollout, keys }) => keys.length > 0 && hasStepsAt('takeOut', rollout))
  const disruptive = [...new Set(drain.flatMap(({ keys }) => keys))]
  const undrain = rollouts.filter(
    (rollout) => leftDrained.includes(rollout.role) || drain.some((one) => one.rollout === rollout),
  )
  const drained = drain.map(({ rollout }) => rollout)
  const touched = new Set(changes.map(({ role }) => role))
  return {
    disruptive,
    exposed: [...new Set(found.flatMap(({ keys }) => keys))].filter((key) => !disruptive.includes(key)),
    first: rollouts.flatMap(({ first }) => (first && changes.some((change) => waits(change, first)) ? [first] : [])),
    down: naming.length > 0 && naming.every((rollout) => isDown(rollout, changes)),
    needsFailover:
      drain.length > 0 || serving.some((one) => among(one.failoverBefore ?? [], changes, handlers).length > 0),
    due: {
      beforeTier: drained,
      takeOut: drained,
      changed: rollouts.filter(
        (rollout) =>
          hasStepsAt('changed', rollout) &&
          (undrain.includes(rollout) || touched.has(rollout.role) || handlers.some(({ pending }) => pending)),
      ),
      putBack: undrain.toReversed(),
      serving: rollouts.filter(
        (rollout) =>
          hasStepsAt('serving', rollout) &&
          (undrain.includes(rollout) || (touched.has(rollout.role) && !isNew(rollout, changes))),
      ),
    },
    counted:
      undrain.length > 0 || found.some(({ keys }) => keys.length > 0)
        ? rollouts.filter(({ throughput }) => throughput !== undefined)
        : [],
  }
}

const waits = ({ key, fields }: Item, first: FirstHost<string>): boolean =>
  first.changes.some((pattern) => matches(pattern, key)) &&
  (first.fields === undefined || fields.some(({ field }) => first.fields?.includes(field)))

/** What does not run serves nobody: it is mended where it is, whatever the others are up to. */
const isDown = ({ requiredServices = [] }: CompiledRollout, changes: readonly Item[]): boolean =>
  changes.some(({ key, fields }) => requiredServices.includes(key) && fields.some(({ field }) => field === 'state'))

/** Nobody could have sent it requests before. */
const isNew = ({ disruptive }: CompiledRollout, changes: readonly Item[]): boolean =>
  changes.some(({ action, key }) => action === 'create' && disruptive.some((pattern) => matches(pattern, key)))

/**
 * Of what is to be done, what these patterns name. What is only now created stands in nobody's way, nor does the restart
 * that only that calls for.
 */
function among(patterns: readonly string[], changes: readonly Item[], handlers: readonly DueHandler[]): string[] {
  const named = (key: string) => patterns.some((pattern) => matches(pattern, key))
  const created = new Set(changes.filter(({ action, key }) => action === 'create' && named(key)).map(({ key }) => key))
  const keys = changes.map(({ key }) => key).filter((key) => named(key) && !created.has(key))
  const due = handlers.filter(
    ({ id, because, pending }) => named(`handler:${id}`) && (pending || because.some((key) => !created.has(key))),
  )
  return [...keys, ...due.map(({ id }) => `handler:${id}`)]
}

const matches = (pattern: string, key: string): boolean =>
  pattern.endsWith('*') ? key.startsWith(pattern.slice(0, -1)) : key === pattern
