import type { ErrorCode } from '../errors.ts'
import type { RolloutPolicy } from './policy.ts'
import type { RolloutStep } from './step.ts'

/**
 * When the steps of a phase are done: before the first host of a tier is drained; on each host that is drained, before its
 * change; after the change; to put it back; once it serves again.
 */
export type Turn = 'beforeTier' | 'takeOut' | 'changed' | 'putBack' | 'serving'

interface PhaseRow {
  /** Its name, for events, plans and people. */
  readonly phase: string
  readonly turn: Turn
  /** What a step that fails is told as. */
  readonly code: ErrorCode
  /** Where a tier's policy has the limit of its waits; undefined: the step's own. */
  readonly limit?: 'drainTimeout' | 'gateTimeout' | undefined
  /** Asked again and again while a host soaks. */
  readonly soaks?: true | undefined
  /** What a report calls it. */
  readonly label: string
  /** For who writes a role. */
  readonly description: string
}

/**
 * All that there is to say of a phase, by the field of a role's rollout() that has its steps, in the order in which they are
 * done. A new phase is one more row.
 */
const ROWS = {
  /** Asked before the first host of a tier is drained; one that is not so leaves the whole tier alone. */
  preflight: {
    phase: 'preflight',
    turn: 'beforeTier',
    code: 'preflight',
    label: 'preflight',
    description: 'Asked before the first host of a tier is drained; one that is not so leaves the whole tier alone.',
  },
  /** Takes the host out, in order. */
  drain: {
    phase: 'drain',
    turn: 'takeOut',
    code: 'drain',
    limit: 'drainTimeout',
    label: 'drain',
    description: 'Takes the host out, in order.',
  },
  /** What must be so after a change of this role's resources; on a drained host before it is put back. */
  gates: {
    phase: 'gate',
    turn: 'changed',
    code: 'gate',
    limit: 'gateTimeout',
    soaks: true,
    label: 'gate',
    description: "What must be so after a change of this role's resources; on a drained host before it is put back.",
  },
  /** Puts it back, in order; also after a drain that did not come to its end. */
  undrain: {
    phase: 'undrain',
    turn: 'putBack',
    code: 'drain',
    limit: 'gateTimeout',
    label: 'back in service',
    description: 'Puts it back, in order; also after a drain that did not come to its end.',
  },
  /**
   * What must be so once the host serves with its changes: what only traffic can show. Where it is not, the host has
   * failed, but stays in service. Not asked where what is disruptive is only now created: nobody asked for it before.
   */
  verify: {
    phase: 'verify',
    turn: 'serving',
    code: 'verify',
    label: 'verify',
    description:
      'What must be so once the host serves with its changes: what only traffic can show. Where it is not, the host has failed, but stays in service. Not asked where what is disruptive is only now created: nobody asked for it before.',
  },
} as const satisfies Readonly<Record<string, PhaseRow>>

type StepsField = keyof typeof ROWS

export type Phase = (typeof ROWS)[StepsField]['phase']

/** The steps that a role has for each phase. */
export type RoleSteps = { readonly [Field in keyof typeof ROWS]?: readonly RolloutStep[] | undefined }

/** A row, with where a role has its steps. */
export interface PhaseOf extends PhaseRow {
  readonly phase: Phase
  readonly steps: StepsField
}

const isField = (name: string): name is StepsField => Object.hasOwn(ROWS, name)

/** In the order in which they are done. */
export const PHASES: readonly PhaseOf[] = Object.keys(ROWS)
  .filter(isField)
  .map((steps) => ({ steps, ...ROWS[steps] }))

const BY_NAME: ReadonlyMap<string, PhaseOf> = new Map(PHASES.map((row) => [row.phase, row]))

export const isPhase = (word: string): word is Phase => BY_NAME.has(word)

/** Whether the word is a phase of that turn: `drain` takes a host out. */
export const isTurn = (turn: Turn, word: string): boolean => BY_NAME.get(word)?.turn === turn

export const phasesAt = (turn: Turn): readonly PhaseOf[] => PHASES.filter((row) => row.turn === turn)

/** Seconds for the waits of the phase, in place of the steps' own. */
export function limitOf(
  { limit }: PhaseOf,
  policy: Pick<RolloutPolicy, 'drainTimeout' | 'gateTimeout'>,
): number | undefined {
  return limit && policy[limit]
}

/** What a step of the phase that fails is told as. */
export const codeOf = (phase: Phase): ErrorCode => BY_NAME.get(phase)?.code ?? 'internal'

/** Steps of the phase that concern some host, in order. */
export function stepsOf({ steps }: PhaseOf, rollouts: readonly RoleSteps[]): RolloutStep[] {
  return rollouts.flatMap((rollout) => stepsIn(rollout[steps]))
}

/** Steps that concern some host. */
export function stepsIn(steps: readonly RolloutStep[] = []): RolloutStep[] {
  return steps.filter(({ on }) => on === undefined || on.length > 0)
}

/** Whether a role has something to do at that turn. */
export const hasStepsAt = (turn: Turn, rollout: RoleSteps): boolean =>
  phasesAt(turn).some((row) => stepsOf(row, [rollout]).length > 0)

/** Every step that a role has, whenever it is done. */
export const allSteps = (rollout: RoleSteps): RolloutStep[] => PHASES.flatMap(({ steps }) => rollout[steps] ?? [])
