import { type CompiledResource, handlersOf } from '../catalog/compiled.ts'
import type { Observation } from '../observe/question.ts'
import type { Handler } from '../resources/resource.ts'
import { type Around, aroundChanges } from '../rollout/around.ts'
import type { CompiledRollout } from '../rollout/declared.ts'
import { PHASES, stepsOf } from '../rollout/phase.ts'
import type { HostPlan, PlannedHandler, PlannedItem, PlannedRollout } from './host-plan.ts'
import { type Reading, readState } from './read-state.ts'
import { type Segment, segmentsOf, type Work } from './segments.ts'
import type { TargetState } from './target-state.ts'
import { textDiff } from './text-diff.ts'

export interface Planned {
  /** What people and programs see: frozen data, secrets masked. */
  readonly plan: HostPlan
  /** What the executor applies. */
  readonly segments: readonly Segment[]
  /** Some state is known only after the segments are applied: probe and plan anew then. */
  readonly openEnded: boolean
  /** Some change rests on what other hosts were: it is to be planned anew when the host's turn comes. */
  readonly replanBeforeApply: boolean
  /** It is the primary of its tier: the others depend on it. */
  readonly isPrimary: boolean
  /** Every handler to be run on this host, in order. */
  readonly handlers: readonly Handler[]
  readonly state: TargetState
  /** What is done around the changes. */
  readonly around: Around
  /** What the probe printed on standard error, last lines: goes with what could not be read. */
  readonly stderrTail: readonly string[]
  /** Ids of pending handlers that no role declares any more: nobody can run them. */
  readonly stale: readonly string[]
}

export interface PlanInput {
  readonly host: string
  readonly tier: string
  readonly resources: readonly CompiledResource[]
  readonly rollouts?: readonly CompiledRollout[]
  /** What came of each kind's question, by its name. */
  readonly observed: ReadonlyMap<string, Observation>
  readonly state: TargetState
  readonly stderrTail?: readonly string[]
}

/** Desired × actual → plan. Pure. */
export function planHost(input: PlanInput): Planned {
  const { host, tier, resources, rollouts = [], observed, state, stderrTail = [] } = input
  const readings = readState(resources, observed)
  const work: Work[] = []
  const items: PlannedItem[] = []
  let openEnded = false
  let isPrimary = false
  for (const resource of resources) {
    const found: Reading = readings.get(resource.key) ?? { state: 'unreadable', problem: 'it was not probed' }
    const reading = openEnded ? found : refused(found, work)
    if ('isPrimary' in reading && reading.isPrimary) isPrimary = true
    // What comes after an unknown waits for it: order is what roles count on.
    if (reading.state === 'unknown') openEnded = true
    else if (reading.state === 'differs' && !openEnded) work.push({ resource, change: reading.change })
    items.push(itemOf(resource, reading, openEnded ? 1 : 0))
  }
  const known = handlersOf(resources)
  const handlers = planHandlers(items, known, state.pendingHandlers)
  const around = aroundChanges(rollouts, items, handlers, state.drained ?? [])
  return {
    plan: freeze({ host, tier, items, handlers, ...rolloutPart(around, state.drained !== undefined) }),
    segments: segmentsOf(work),
    openEnded,
    replanBeforeApply: work.some(({ resource }) => resource.kind.replanBeforeApply),
    isPrimary,
    handlers: handlers.flatMap(({ id }) => known.get(id) ?? []),
    state,
    around,
    stderrTail,
    stale: state.pendingHandlers.filter((id) => !known.has(id)),
  }
}

/** A change that something stands in the way of is refused, unless one before it may clear the way. */
function refused(reading: Reading, before: readonly Work[]): Reading {
  if (reading.state !== 'differs' || !reading.obstacle) return reading
  const { path, message, hint } = reading.obstacle
  const clears = ({ resource: { kind, desired } }: Work): boolean =>
    kind.affects === undefined || (path !== undefined && kind.affects(desired, path))
  return before.some(clears) ? reading : { state: 'unreadable', problem: message, hint }
}

function itemOf(resource: CompiledResource, reading: Reading, segment: number): PlannedItem {
  const change = reading.state === 'differs' ? reading.change : undefined
  // In full, so that the dry run of a bare host shows what will be there.
  const shown = reading.state === 'unknown' ? reading.expected : change
  return {
    key: resource.key,
    kind: resource.kind.kind,
    role: resource.role,
    action: change?.action ?? (reading.state === 'as-declared' ? 'none' : 'unknown'),
    segment,
    fields: shown?.fields ?? [],
    diffs: shown?.texts?.map(textDiff) ?? [],
    notify: change ? resource.notify.map((handler) => handler.id) : [],
    ...(reading.state === 'unreadable' ? { problem: reading.problem, hint: reading.hint } : {}),
    ...('notes' in reading && reading.notes.length > 0 ? { notes: [...reading.notes] } : {}),
    ...(change?.repeats ? { repeats: true } : {}),
  }
}

function planHandlers(
  items: readonly PlannedItem[],
  known: ReadonlyMap<string, Handler>,
  pendingHandlers: readonly string[],
): PlannedHandler[] {
  const planned = [...known.keys()]
    .map((id) => ({
      id,
      because: items.filter((item) => item.notify.includes(id)).map((item) => item.key),
      pending: pendingHandlers.includes(id),
    }))
    .filter((handler) => handler.pending || handler.because.length > 0)
  // A restart pays the reload of the same unit.
  const superseded = new Set(planned.flatMap(({ id }) => known.get(id)?.supersedes ?? []))
  return planned.filter(({ id }) => !superseded.has(id))
}

function rolloutPart(around: Around, leftDrained: boolean): { readonly rollout?: PlannedRollout } {
  const { disruptive, exposed, first, due } = around
  const steps = PHASES.flatMap((row) =>
    row.turn === 'beforeTier'
      ? []
      : stepsOf(row, due[row.turn]).map(({ name, on }) => ({ phase: row.phase, name, ...(on && { on: [...on] }) })),
  )
  if (!leftDrained && [disruptive, exposed, first, steps].every(({ length }) => length === 0)) return {}
  return {
    rollout: {
      disruptive,
      ...(exposed.length > 0 && { exposed }),
      ...(first.length > 0 && { first: first.map(({ host, what }) => ({ host, what })) }),
      leftDrained,
      steps,
    },
  }
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) freeze(inner)
  }
  return value
}
