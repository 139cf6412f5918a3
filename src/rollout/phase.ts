import type { ErrorCode } from '../errors.ts'
import { stepsIn } from './around.ts'
import type { RolloutPolicy } from './policy.ts'
import type { HostRollout, RolloutStep } from './step.ts'

/** Fields of what a role says about the change of a host that hold steps. */
type StepsField = {
  [Field in keyof HostRollout]-?: NonNullable<HostRollout[Field]> extends readonly RolloutStep[] ? Field : never
}[keyof HostRollout]

type StepsOfRole = Pick<HostRollout, StepsField>

interface PhaseRow {
  /** Where a role has its steps. */
  readonly steps: StepsField
  /** What a step that fails is told as. */
  readonly code: ErrorCode
  /** Where a tier's policy has the limit of its waits; undefined: the step's own. */
  readonly limit?: 'drainTimeout' | 'gateTimeout' | undefined
  /** What stands before its steps, for people. */
  readonly sign: string
}

/**
 * When a step is done: before the tier, before the change, after it, to put the host back, once it serves again. All that
 * there is to say of a phase but when its turn comes (`execute/host-rollout`).
 */
export const PHASES = {
  preflight: { steps: 'preflight', code: 'preflight', sign: '>' },
  drain: { steps: 'drain', code: 'drain', limit: 'drainTimeout', sign: '>' },
  gate: { steps: 'gates', code: 'gate', limit: 'gateTimeout', sign: '>' },
  undrain: { steps: 'undrain', code: 'drain', limit: 'gateTimeout', sign: '>' },
  verify: { steps: 'verify', code: 'verify', sign: '>' },
} as const satisfies Readonly<Record<string, PhaseRow>>

export type Phase = keyof typeof PHASES

const rowOf = (phase: Phase): PhaseRow => PHASES[phase]

export const isPhase = (word: string): word is Phase => Object.hasOwn(PHASES, word)

/** What a step of the phase that fails is told as. */
export const codeOf = (phase: Phase): ErrorCode => rowOf(phase).code

/** Seconds for the waits of the phase, in place of the steps' own. */
export function limitOf(phase: Phase, policy: Pick<RolloutPolicy, 'drainTimeout' | 'gateTimeout'>): number | undefined {
  const { limit } = rowOf(phase)
  return limit && policy[limit]
}

/** Steps of the phase that concern some host, in order. */
export function stepsOf(phase: Phase, rollouts: readonly StepsOfRole[]): RolloutStep[] {
  return rollouts.flatMap((rollout) => stepsIn(rollout[rowOf(phase).steps]))
}

/** Every step that a role has, whenever it is done. */
export function allSteps(rollout: StepsOfRole): RolloutStep[] {
  return Object.values(PHASES).flatMap(({ steps }) => rollout[steps] ?? [])
}
