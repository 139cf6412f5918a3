import type { CompiledResource } from '../catalog/compiled.ts'
import { InputError, type Origin, type Problem } from '../errors.ts'
import type { Host, Value } from '../inventory/inventory.ts'
import { isSecret } from '../masking/secret.ts'
import { placeText } from '../problems/place.ts'
import { step } from '../problems/pointer.ts'

/** Where a rollback takes one resource of one host. */
export interface Goal {
  readonly host: Host
  readonly key: string
  readonly desired: unknown
  readonly from: string
  readonly to: string
  /** What a plain run brings back. */
  readonly declared: string
  readonly sources: readonly string[]
}

/** The rollback target of one host. */
export interface RollbackTarget {
  /** Nothing else of a host is touched by a rollback; before `finalise` as declared, after it as it was. */
  resources(all: readonly CompiledResource[]): CompiledResource[]
  /**
   * Finds out where to, from what is on the host. Once in a run: when the change is made, what was before is another.
   * @throws InputError when there is no previous state to go back to
   */
  finalise(all: readonly CompiledResource[], states: ReadonlyMap<string, unknown>): void
  readonly finalised: boolean
  goals(): readonly Goal[]
}

/** @param to where to, as `--to` has it; undefined: what was before */
export function rollbackTarget(host: Host, to: string | undefined): RollbackTarget {
  let goals: ReadonlyMap<string, Goal> | undefined
  return {
    resources: (all) =>
      all.flatMap((resource) => {
        if (resource.kind.previous === undefined) return []
        const goal = goals?.get(resource.key)
        return [goal === undefined ? resource : { ...resource, desired: goal.desired }]
      }),
    finalise(all, states) {
      goals = new Map(goalsOf(host, all, states, to).map((goal) => [goal.key, goal]))
    },
    get finalised() {
      return goals !== undefined
    },
    goals: () => [...(goals?.values() ?? [])],
  }
}

const UNKNOWN = { refused: 'what is on it is not known yet', hint: 'run provision first' } as const

function goalsOf(
  host: Host,
  all: readonly CompiledResource[],
  states: ReadonlyMap<string, unknown>,
  to: string | undefined,
): Goal[] {
  const problems: Problem[] = []
  const goals = all.flatMap(({ key, kind, desired }) => {
    if (kind.previous === undefined) return []
    const state = states.get(key) ?? 'unknown'
    const found = state === 'unknown' ? UNKNOWN : kind.previous(desired, state, to)
    if ('refused' in found) {
      problems.push({ message: `${host.name}: ${found.refused}`, hint: found.hint })
      return []
    }
    return [{ ...found, host, key }]
  })
  if (problems.length > 0) throw new InputError(problems)
  return goals
}

/**
 * A tier runs one version. Where hosts would go back to different ones (some of them never got the last deployment),
 * only a person can say which.
 * @returns why the rollback may not go on
 */
export function disagreements(goals: readonly Goal[]): Problem[] {
  const keys = [...new Set(goals.map(({ key }) => key))]
  return keys.flatMap((key) => {
    const mine = goals.filter((goal) => goal.key === key)
    const targets = [...new Set(mine.map(({ to }) => to))]
    if (targets.length < 2) return []
    const ways = mine.map(({ host, from, to }) => `${host.name} from ${from} to ${to}`)
    return [
      {
        message: `${key}: the hosts would not go back to the same: ${ways.join(', ')}`,
        hint: 'say where to for all of them, with --to VERSION',
      },
    ]
  })
}

/** What a plain run would do to a rollback, and which vars to set so that it does not. */
export function rollbackNotes(goals: readonly Goal[]): string[] {
  const notes = goals.flatMap(({ host, key, to, declared, sources }) => {
    if (declared === to) return []
    const vars = varsOf(host, sources)
    const names = [...new Set(vars.map(({ name }) => name))].join(' and ')
    const places = [...new Set(vars.map(({ origin }) => placeText(origin)))].join(', ')
    const where = vars.length === 0 ? '' : ` (${places})`
    const set = names === '' ? 'change that' : `set ${names}`
    return [
      `the inventory declares ${key} ${declared}${where}: the next plain run brings it back; to stay on ${to}, ${set} first`,
    ]
  })
  return [...new Set(notes)]
}

/** Vars of a host that hold one of these texts, anywhere inside. */
function varsOf({ vars, origins }: Host, texts: readonly string[]): { name: string; origin: Origin }[] {
  const find = (value: Value | undefined, pointer: string): Origin[] => {
    if (typeof value === 'string' && texts.includes(value)) {
      const origin = origins.get(pointer)
      return origin ? [origin] : []
    }
    if (typeof value !== 'object' || value === null || isSecret(value)) return []
    return Object.entries(value).flatMap(([key, inner]) => find(inner, pointer + step(key)))
  }
  return Object.entries(vars).flatMap(([name, value]) => find(value, step(name)).map((origin) => ({ name, origin })))
}
