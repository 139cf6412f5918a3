import type { CompiledResource } from '../catalog/compiled.ts'
import { messageOf, ProvisionError } from '../errors.ts'
import type { Observation } from '../observe/question.ts'
import type { Change, Obstacle, ResourceKind } from '../resources/resource.ts'
import { groupByKind, type KindGroup } from './questions.ts'

/** What the probe says of one resource: as declared, to be changed, not knowable yet, or not readable. */
export type Reading =
  | { readonly state: 'as-declared'; readonly isPrimary: boolean; readonly notes: readonly string[] }
  | {
      readonly state: 'differs'
      readonly change: Change
      readonly isPrimary: boolean
      readonly notes: readonly string[]
      /** Why the change can't be made, unless one before it clears the way. */
      readonly obstacle?: Obstacle | undefined
    }
  /** `expected`: what there would be to do on a host that has nothing of it. */
  | { readonly state: 'unknown'; readonly expected: Change | undefined }
  | { readonly state: 'unreadable'; readonly problem: string; readonly hint?: string | undefined }

/** Desired × actual for every resource, by key. A kind that failed marks its own resources only, a refused one itself. */
export function readState(
  resources: readonly CompiledResource[],
  observed: ReadonlyMap<string, Observation>,
): Map<string, Reading> {
  const readings = new Map<string, Reading>()
  for (const group of groupByKind(resources)) {
    const answered = readKind(group, observed.get(group.kind.kind))
    for (const resource of group.resources) readings.set(resource.key, answered(resource))
  }
  return readings
}

type Reader = (resource: CompiledResource) => Reading

function readKind({ kind, resources }: KindGroup, observation: Observation | undefined): Reader {
  if (observation?.answers === undefined) {
    const problem = `the probe of ${kind.kind} ${observation?.failed ?? 'gave no answer'}`
    return () => ({ state: 'unreadable', problem })
  }
  const { answers } = observation
  try {
    const all = resources.map(({ desired }) => desired)
    const actual = kind.parse(answers, all)
    const obstacles = kind.obstacles?.(answers, all)
    return ({ desired }) => {
      const key = kind.key(desired)
      const reading = readOne(kind, desired, actual.get(key))
      const obstacle = obstacles?.get(key)
      return reading.state === 'differs' && obstacle ? { ...reading, obstacle } : reading
    }
  } catch (error) {
    return () => refusal(kind, error)
  }
}

type Found = ReturnType<ResourceKind['parse']> extends ReadonlyMap<string, infer State> ? State | undefined : never

function readOne(kind: ResourceKind, desired: unknown, found: Found): Reading {
  if (found === undefined) return { state: 'unreadable', problem: `the probe of ${kind.kind} left it out` }
  try {
    if (found === 'unknown') return { state: 'unknown', expected: kind.diff(desired, 'absent') }
    const change = kind.diff(desired, found)
    const isPrimary = found !== 'absent' && kind.isPrimary?.(found) === true
    const notes = kind.notes?.(desired, found) ?? []
    return change ? { state: 'differs', change, isPrimary, notes } : { state: 'as-declared', isPrimary, notes }
  } catch (error) {
    return refusal(kind, error)
  }
}

/** A kind that refuses says so itself; anything else is an answer that makes no sense. */
function refusal({ kind }: ResourceKind, error: unknown): Reading {
  if (error instanceof ProvisionError) return { state: 'unreadable', problem: error.message, hint: error.hint }
  return { state: 'unreadable', problem: `the probe of ${kind} can't be read: ${messageOf(error)}` }
}
