import { describe, expect, it } from 'vitest'
import { failoverOutlook } from '../../../../src/products/mysql/switchover/outlook.ts'
import type { Member } from '../../../../src/products/mysql/switchover/switch-plan.ts'
import { A, ALONE, B, CHANNEL, STATE } from '../kinds/group.ts'

const PRIMARY = { ...ALONE, role: 'writable', superReadOnly: false, uuid: A } as const
const PROMOTED = { ...PRIMARY, uuid: B }
const behind = (n: number) => ({ ...STATE, channel: { ...CHANNEL, host: `192.0.2.${n}` } })
const GONE = { unknown: 'no route to host' }
/** db1, db2, db3. */
const group = (...states: readonly Member['state'][]): Member[] =>
  states.map((state, i) => ({ name: `db${i + 1}`, host: `192.0.2.${i + 1}`, port: 3306, state }))
const to2 = (...states: readonly Member['state'][]) => failoverOutlook(group(...states), 'db2')
const NOTHING = { unfinished: [], problems: [] }

describe('the move of the writes in a run', () => {
  it('is from the primary to the server that was named', () => {
    expect(to2(PRIMARY, behind(1), behind(1))).toEqual({ ...NOTHING, switchover: { from: 'db1', to: 'db2' } })
  })

  it('is done already where that one takes them', () => {
    expect(to2(behind(2), PROMOTED, behind(2))).toEqual(NOTHING)
  })

  it.each<[string, readonly Member['state'][], string[]]>([
    ['nobody takes writes', [ALONE, behind(1), behind(1)], ['db2', 'db3', 'db1']],
    ['others have not followed yet', [ALONE, PROMOTED, behind(1)], ['db1', 'db3']],
    ['one has not followed yet', [behind(2), PROMOTED, behind(1)], ['db3']],
  ])('is brought to its end where an earlier one was interrupted: %s', (_, states, unfinished) => {
    expect(to2(...states)).toEqual({ ...NOTHING, switchover: { to: 'db2' }, unfinished })
  })

  it('leaves to the run who replicates from nobody', () => {
    expect(to2(ALONE, PROMOTED, behind(2))).toEqual(NOTHING)
  })

  it('keeps its place with what speaks against it now, for that may pass', () => {
    const stopped = { ...behind(1), channel: { ...CHANNEL, receiver: { state: 'OFF', error: '' } } }
    const found = to2(PRIMARY, behind(1), stopped)
    expect(found).toMatchObject({ switchover: { from: 'db1', to: 'db2' }, unfinished: [] })
    expect(found.problems.map(({ message }) => message)).toEqual(['replication of db3 does not run: OFF'])
  })

  it('is nothing where nobody, or more than one, is the primary', () => {
    expect(to2(GONE, GONE, GONE)).toEqual(NOTHING)
    expect(to2(PRIMARY, behind(1), PRIMARY)).toEqual(NOTHING)
    expect(to2(ALONE, ALONE, behind(1))).toEqual(NOTHING)
  })
})
