import { expect, test } from 'vitest'
import { HOST_ROLLOUT } from '../../src/rollout/declared.ts'
import { allSteps, codeOf, isPhase, isTurn, limitOf, PHASES, phasesAt, stepsOf } from '../../src/rollout/phase.ts'

const step = (name: string) => ({ name })
const ROLE = {
  disruptive: [],
  ...{ preflight: [step('fit')], drain: [step('out'), { name: 'nowhere', on: [] }], undrain: [step('back')] },
  ...{ gates: [step('serves')], verify: [step('asked')] },
}

test('every phase is a field of what a role may return, told as its row says', () => {
  expect(PHASES.map(({ phase }) => phase)).toEqual(['preflight', 'drain', 'gate', 'undrain', 'verify'])
  for (const { steps, description } of PHASES) {
    expect(HOST_ROLLOUT[steps]).toMatchObject({ description, type: 'array', optional: true })
  }
})

test('a phase says where its steps are, when they are due, what their failure is, and which limit of the policy they have', () => {
  const names = PHASES.map((row) => stepsOf(row, [ROLE]).map(({ name }) => name))
  expect(names).toEqual([['fit'], ['out'], ['serves'], ['back'], ['asked']])
  expect(allSteps(ROLE).map(({ name }) => name)).toEqual(['fit', 'out', 'nowhere', 'serves', 'back', 'asked'])
  expect(PHASES.map(({ phase }) => codeOf(phase))).toEqual(['preflight', 'drain', 'gate', 'drain', 'verify'])
  const policy = { drainTimeout: 1, gateTimeout: 2 }
  expect(PHASES.map((row) => limitOf(row, policy))).toEqual([undefined, 1, 2, 2, undefined])
  expect(PHASES.map((row) => limitOf(row, {}))).toEqual(PHASES.map(() => undefined))
  expect(phasesAt('changed').map(({ steps }) => steps)).toEqual(['gates'])
  expect([isTurn('takeOut', 'drain'), isTurn('putBack', 'drain'), isTurn('takeOut', 'update')]).toEqual([
    true,
    false,
    false,
  ])
  expect(['drain', 'update', 'toString'].map(isPhase)).toEqual([true, false, false])
})
