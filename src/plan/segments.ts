import type { CompiledResource } from '../catalog/compiled.ts'
import type { Artifact, AutoRevert, Change } from '../resources/resource.ts'

/** One resource's change with what it takes to apply it; not serialisable, holds the real secrets. */
export interface Work {
  readonly resource: CompiledResource
  readonly change: Change
}

/** Work that one call of the kind's `apply` does. */
export type Step = readonly [Work, ...Work[]]

/**
 * Steps that are applied by one script. One with an automatic revert can cut the tool's own access: it is applied alone, with
 * the handlers that it calls for, and the next segment begins only when a new connection has proven the access.
 */
export interface Segment {
  readonly autoRevert?: AutoRevert | undefined
  readonly steps: readonly Step[]
}

/** Files of the controller that a segment brings to the host. */
export function artifactsOf({ steps }: Segment): Artifact[] {
  return steps.flatMap((step) => step.flatMap(({ change }) => change.artifacts ?? []))
}

/** Cuts work, in its order, into segments. */
export function segmentsOf(work: readonly Work[]): Segment[] {
  const segments: { autoRevert?: AutoRevert | undefined; steps: Step[] }[] = []
  for (const step of stepsOf(work)) {
    const autoRevert = step[0].resource.kind.autoRevert?.(step.map(({ change }) => change))
    const last = segments.at(-1)
    if (last && !last.autoRevert && !autoRevert) last.steps.push(step)
    else segments.push({ autoRevert, steps: [step] })
  }
  return segments
}

/** Neighbours of a kind whose changes are one transaction become one step. */
function stepsOf(work: readonly Work[]): Step[] {
  const steps: [Work, ...Work[]][] = []
  for (const one of work) {
    const last = steps.at(-1)
    const { kind } = one.resource
    if (last && kind.batch && last[0].resource.kind === kind) last.push(one)
    else steps.push([one])
  }
  return steps
}
