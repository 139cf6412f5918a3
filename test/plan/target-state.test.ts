import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTargetState, pendingMarker, targetStateProbe } from '../../src/plan/target-state.ts'
import { scratch } from '../resources/converge.ts'
import { dash } from '../shell/dash.ts'

const answerIn = (dir: string) => {
  const { status, stdout } = dash(targetStateProbe(dir))
  expect(status).toBe(0)
  return stdout
}

describe('the state that runs leave on a target', () => {
  it('is empty on a host that was never changed', () => {
    const dir = join(scratch(), 'none')
    expect(parseTargetState(answerIn(dir))).toEqual({ pendingHandlers: [], generation: '' })
  })

  it('brings back the ids of owed handlers, whatever they are called', () => {
    const id = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' })
    fc.assert(
      fc.property(fc.uniqueArray(id, { maxLength: 4 }), (ids) => {
        const dir = scratch()
        mkdirSync(join(dir, 'pending'))
        writeFileSync(join(dir, 'generation'), 'run7\n')
        for (const one of ids) writeFileSync(pendingMarker(one, dir), 'none\n')
        expect(parseTargetState(answerIn(dir))).toEqual({ pendingHandlers: [...ids].sort(), generation: 'run7' })
      }),
      { numRuns: 25 },
    )
  })

  it('refuses an answer that the probe does not print', () => {
    expect(() => parseTargetState('hello')).toThrow(/could not be read/)
  })
})
