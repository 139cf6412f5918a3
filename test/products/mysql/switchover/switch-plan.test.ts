import { describe, expect, it } from 'vitest'
import {
  ahead,
  type Member,
  planSwitch,
  type SwitchPlan,
} from '../../../../src/products/mysql/switchover/switch-plan.ts'
import { A, ALONE, B, CHANNEL, STATE } from '../kinds/group.ts'

const PRIMARY = { ...ALONE, role: 'writable', superReadOnly: false, uuid: A } as const
const ON = { state: 'ON', error: '' }
const behind = (host: string) => ({ ...STATE, channel: { ...CHANNEL, host } })
const member = (n: number, state: Member['state']): Member => ({
  name: `db${n}`,
  host: `192.0.2.${n}`,
  port: 3306,
  state,
})
/** db1 takes the writes, db2 and db3 replicate from it. */
const group = (more: Partial<Record<1 | 2 | 3, Member['state']>> = {}): Member[] => [
  member(1, more[1] ?? PRIMARY),
  member(2, more[2] ?? STATE),
  member(3, more[3] ?? STATE),
]
const GONE = { unknown: 'no route to host' }
const plan = (members: readonly Member[], primaryLost = false, to = 'db2') => planSwitch(members, { to, primaryLost })
const problems = (...args: Parameters<typeof plan>): string[] => {
  const verdict = plan(...args)
  return 'problems' in verdict ? verdict.problems.map(({ message }) => message) : []
}

describe('a planned switchover', () => {
  it('has the candidate take the writes, and all others follow it, the old primary last', () => {
    expect(plan(group())).toEqual<SwitchPlan>({ candidate: 'db2', old: 'db1', lost: false, followers: ['db3', 'db1'] })
  })

  it.each<[string, Member[], string[]]>([
    ['the old one is read-only already', group({ 1: ALONE }), ['db3', 'db1']],
    ['one follows the candidate already', group({ 3: behind('192.0.2.2') }), ['db3', 'db1']],
  ])('goes on where another was left: %s', (_, members, followers) => {
    expect(plan(members)).toMatchObject({ candidate: 'db2', old: 'db1', followers })
  })

  it('finishes what was left after the promotion, and has nothing to do when all follow', () => {
    const promoted = { ...PRIMARY, uuid: B }
    const half = group({ 1: ALONE, 2: promoted, 3: STATE })
    expect(plan(half)).toEqual({ candidate: 'db2', old: undefined, lost: false, followers: ['db1', 'db3'] })
    const whole = group({ 1: behind('192.0.2.2'), 2: promoted, 3: behind('192.0.2.2') })
    expect(plan(whole)).toEqual({ candidate: 'db2', old: undefined, lost: false, followers: [] })
  })

  const errant = `${B}:1-2`
  it.each<[string, Member[], string[]]>([
    ['a server that is not there', group({ 2: GONE }), ['db2 could not be asked: no route to host']],
    ['a primary that does not answer', group({ 1: GONE }), ['db1 could not be asked: no route to host']],
    ['another replica that does not', group({ 3: GONE }), ['db3 could not be asked: no route to host']],
    [
      'a candidate that follows nobody',
      group({ 2: ALONE }),
      ['db2 replicates from no server of the group: it may lack anything'],
    ],
    ['two that are writable', group({ 3: PRIMARY }), ['db1 and db3 are all writable: which one is right?']],
    [
      'a source that is a replica itself',
      group({ 1: behind('192.0.2.3'), 3: PRIMARY }),
      ['db1, which db2 replicates from, is a replica itself'],
    ],
    [
      'transactions that the primary never had, on whichever replica',
      group({ 2: { ...STATE, executed: `${STATE.executed},${errant}` }, 3: { ...STATE, executed: `${A}:1-23` } }),
      [
        `db2 has errant transactions, which db1 never had: ${errant}`,
        `db3 has errant transactions, which db1 never had: ${A}:23`,
      ],
    ],
    [
      'replication that does not run',
      group({
        2: { ...STATE, channel: { ...CHANNEL, receiver: { state: 'CONNECTING', error: 'Access denied' } } },
        3: { ...STATE, channel: { ...CHANNEL, applier: { ...ON, state: 'OFF' } } },
      }),
      ['replication of db2 does not run: Access denied', 'replication of db3 does not run: OFF'],
    ],
    ['a replica of somebody else', group({ 3: behind('192.0.2.9') }), ['db3 does not replicate from db1']],
  ])('is refused for %s', (_, members, expected) => expect(problems(members)).toEqual(expected))
})

describe('the switchover from a lost primary', () => {
  const LOST = group({ 1: GONE })

  it('leaves the lost one out', () => {
    expect(plan(LOST, true)).toEqual({ candidate: 'db2', old: 'db1', lost: true, followers: ['db3'] })
  })

  it('does not mind that replicas try in vain to connect', () => {
    const connecting = { ...STATE, channel: { ...CHANNEL, receiver: { state: 'CONNECTING', error: 'timeout' } } }
    expect(plan(group({ 1: GONE, 2: connecting, 3: connecting }), true)).toMatchObject({ lost: true })
  })

  it.each<[string, Member[], string[]]>([
    ['a primary that answers', group(), ['db1 answers: it is not lost']],
    [
      'a replica that does not: it may have more',
      group({ 1: GONE, 3: GONE }),
      ['db3 could not be asked: no route to host'],
    ],
    [
      'errant transactions',
      group({ 1: GONE, 2: { ...STATE, executed: `${STATE.executed},${B}:1` } }),
      [`db2 has errant transactions, which db3 lacks: ${B}:1`],
    ],
  ])('is refused for %s', (_, members, expected) => expect(problems(members, true)).toEqual(expected))

  it('goes to the one that has most, when all have applied what they received', () => {
    const executed = new Map([
      ['db2', `${A}:1-20`],
      ['db3', `${A}:1-22`],
    ])
    expect(ahead(executed, 'db3')).toEqual([])
    expect(ahead(executed, 'db2')).toEqual([
      { message: `db3 has transactions that db2 lacks: ${A}:21-22`, hint: 'use --to db3' },
    ])
  })
})
