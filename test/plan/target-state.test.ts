import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTargetState, pendingMarker, targetStateProbe } from '../../src/plan/target-state.ts'

const answerIn = (dir: string) => execFileSync('dash', ['-u'], { input: targetStateProbe(dir).sh, encoding: 'utf8' })

describe('the state that runs leave on a target', () => {
  it('is empty on a host that was never changed', () => {
    const dir = join(mkdtempSync(join(tmpdir(), 'state-')), 'none')
    expect(parseTargetState(answerIn(dir))).toEqual({ pendingHandlers: [], generation: '' })
  })

  it('brings back the ids of owed handlers, whatever they are called', () => {
    const id = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' })
    fc.assert(
      fc.property(fc.uniqueArray(id, { maxLength: 4 }), (ids) => {
        const dir = mkdtempSync(join(tmpdir(), 'state-'))
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
