import { expect, test } from 'vitest'
import { allSteps, codeOf, isPhase, limitOf, PHASES, type Phase, stepsOf } from '../../src/rollout/phase.ts'
import { HOST_ROLLOUT } from '../../src/rollout/step.ts'

const step = (name: string) => ({ name })
const ROLE = {
  disruptive: [],
  ...{ preflight: [step('fit')], drain: [step('out'), { name: 'nowhere', on: [] }], undrain: [step('back')] },
  ...{ gates: [step('serves')], verify: [step('asked')] },
}

test('every field of a role that holds steps is one of a phase', () => {
  const fields = Object.entries(HOST_ROLLOUT).flatMap(([name, field]) =>
    'items' in field && 'properties' in field.items ? [name] : [],
  )
  expect(fields.length).toBeGreaterThan(4)
  expect(Object.values(PHASES).map(({ steps }) => steps)).toEqual(expect.arrayContaining(fields))
})

test('a phase says where its steps are, what their failure is, and which limit of the policy they have', () => {
  const phases: readonly Phase[] = ['drain', 'gate', 'undrain', 'verify', 'preflight']
  expect(
    phases.map((phase) =>
      stepsOf(phase, [ROLE])
        .map(({ name }) => name)
        .join(),
    ),
  ).toEqual(['out', 'serves', 'back', 'asked', 'fit'])
  expect(allSteps(ROLE).map(({ name }) => name)).toEqual(['fit', 'out', 'nowhere', 'serves', 'back', 'asked'])
  expect(phases.map(codeOf)).toEqual(['drain', 'gate', 'drain', 'verify', 'preflight'])
  const policy = { drainTimeout: 1, gateTimeout: 2 }
  expect(phases.map((phase) => limitOf(phase, policy))).toEqual([1, 2, 2, undefined, undefined])
  expect(limitOf('drain', {})).toBeUndefined()
  expect(['drain', 'update', 'toString'].map(isPhase)).toEqual([true, false, false])
})
