import type { CompiledResource } from '../catalog/compiled.ts'
import { messageOf, ProvisionError } from '../errors.ts'
import type { Change } from '../resources/resource.ts'
import type { Answer } from '../shell/frame.ts'
import { groupByKind, type KindGroup } from './probe-batch.ts'

/** What the probe says of one resource: as declared, to be changed, not knowable yet, or not readable. */
export type Reading =
  | { readonly state: 'as-declared'; readonly leads: boolean }
  | { readonly state: 'differs'; readonly change: Change; readonly leads: boolean }
  /** `expected`: what there would be to do on a host that has nothing of it. */
  | { readonly state: 'unknown'; readonly expected: Change | undefined }
  | { readonly state: 'unreadable'; readonly problem: string; readonly hint?: string | undefined }

/** Desired × actual for every resource, by key. A kind that failed marks its own resources only. */
export function readState(
  resources: readonly CompiledResource[],
  answers: ReadonlyMap<string, Answer>,
): Map<string, Reading> {
  const readings = new Map<string, Reading>()
  for (const group of groupByKind(resources)) {
    const answered = readKind(group, answers.get(group.kind.kind))
    group.resources.forEach((resource, i) => {
      readings.set(resource.key, answered(resource, i))
    })
  }
  return readings
}

type Reader = (resource: CompiledResource, index: number) => Reading

function readKind({ kind, resources }: KindGroup, answer: Answer | undefined): Reader {
  const failed =
    (problem: string, hint?: string): Reader =>
    () => ({ state: 'unreadable', problem, hint })
  if (answer === undefined) return failed(`the probe of ${kind.kind} gave no answer`)
  if (answer.status === 124) return failed(`the probe of ${kind.kind} hung and was ended`)
  if (answer.status !== 0) return failed(`the probe of ${kind.kind} failed with status ${answer.status}`)
  const desired = resources.map((resource) => resource.desired)
  try {
    const actual = kind.parse(answer.body, desired)
    return (resource) => {
      const found = actual.get(kind.key(resource.desired))
      if (found === undefined) return { state: 'unreadable', problem: `the probe of ${kind.kind} left it out` }
      if (found === 'unknown') return { state: 'unknown', expected: kind.diff(resource.desired, 'absent') }
      const change = kind.diff(resource.desired, found)
      const leads = found !== 'absent' && kind.leads?.(found) === true
      return change ? { state: 'differs', change, leads } : { state: 'as-declared', leads }
    }
  } catch (error) {
    // A kind that refuses says so itself; anything else is an answer that makes no sense.
    if (error instanceof ProvisionError) return failed(error.message, error.hint)
    return failed(`the probe of ${kind.kind} can't be read: ${messageOf(error)}`)
  }
}
