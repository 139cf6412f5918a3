import * as exported from '../src/index.ts'
import { HOST_ROLLOUT, ROLLOUT_STEP } from '../src/rollout/steps.ts'
import type { FieldSchemas } from '../src/schemas/fields.ts'

/** What roles can call, by name, with the schema of each field that it takes. */
export function fieldsOfConstructors(): [name: string, fields: FieldSchemas][] {
  return Object.entries(exported).flatMap(([name, made]: [string, unknown]): [string, FieldSchemas][] =>
    hasFields(made) ? [[name, made.fields]] : [],
  )
}

const hasFields = (value: unknown): value is { readonly fields: FieldSchemas } =>
  typeof value === 'function' && 'fields' in value && value.fields !== undefined

/** What a role's rollout() returns; steps are told once, not again in each phase. */
export function fieldsOfRollouts(): [name: string, fields: FieldSchemas][] {
  const steps = { type: 'array', items: { is: 'step' } } as const
  const { preflight, drain, undrain, gates, verify } = HOST_ROLLOUT
  const phases = Object.entries({ preflight, drain, undrain, gates, verify })
  const told = Object.fromEntries(
    phases.map(([name, { description }]) => [name, { description, ...steps, optional: true }]),
  )
  return [
    ['HostRollout', { ...HOST_ROLLOUT, ...told }],
    ['RolloutStep', ROLLOUT_STEP],
  ]
}
