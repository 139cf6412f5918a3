import { describe, expect, it } from 'vitest'
import type { Connection } from '../../../../src/connection/connection.ts'
import { ProvisionError } from '../../../../src/errors.ts'
import type { Event } from '../../../../src/execute/events.ts'
import { hostSession } from '../../../../src/host/make-session.ts'
import { type Following, followPlan, type Server } from '../../../../src/products/mysql/switchover/follow-plan.ts'
import type { Member, SwitchPlan } from '../../../../src/products/mysql/switchover/switch-plan.ts'
import { A, ALONE, DESIRED, STATE } from '../kinds/group.ts'

const PLANNED: SwitchPlan = { candidate: 'db2', old: 'db1', lost: false, followers: ['db3', 'db1'] }
const LOST: SwitchPlan = { candidate: 'db2', old: 'db1', lost: true, followers: ['db3'] }

/** `refused`: the server says no. `cut`: the connection breaks, and nobody knows what was done. */
type Trouble = Readonly<Record<string, 'refused' | 'cut'>>

/** Servers that do as they are told, but for the acts in `trouble` (`db2 promoted to primary`). */
function scene(plan: SwitchPlan, trouble: Trouble = {}, executed: Readonly<Record<string, string>> = {}) {
  const acts: string[] = []
  const done: string[] = []
  const server = (name: string, state: Member['state'], n: number): Server => {
    const host = `192.0.2.${n}`
    return { member: { name, host, port: 3306, state }, desired: DESIRED, session: session(name) }
  }
  const session = (host: string) => {
    let current = ''
    const emit = (event: Event) => {
      if (event.type !== 'step-started') return
      current = `${host} ${event.key.replace('switchover:', '')}`
      acts.push(current)
    }
    const connection: Connection = {
      async exec(script) {
        if (trouble[current] === 'cut') throw new ProvisionError('the link is cut', { code: 'unreachable', host })
        const mark = /@@(\w+) begin step/.exec(script)?.[1] ?? ''
        const status = trouble[current] === 'refused' ? 1 : 0
        const said = status === 0 ? `@executed ${executed[host] ?? `${A}:1-9`}` : 'ERROR: no'
        return { status: 0, stdout: `@@${mark} begin step\n${said}\n\n@@${mark} end step ${status}\n`, stderr: '' }
      },
      close: async () => undefined,
    }
    const run = { id: 'r', who: 'me' }
    const connect = async () => connection
    const mask = (text: string) => text
    return hostSession({ connect, open: connect, mask, emit, run, nonce: () => 'n0nce', showScripts: false }, host)
  }
  const primary = { ...ALONE, role: 'writable' } as const
  const all = [server('db1', primary, 1), server('db2', STATE, 2), server('db3', STATE, 3)]
  const servers = new Map(
    all.filter(({ member }) => !plan.lost || member.name !== 'db1').map((one) => [one.member.name, one]),
  )
  const member = { name: 'db1', host: '192.0.2.1', port: 3306, state: { unknown: 'gone' } }
  const following: Following = {
    plan,
    servers,
    lost: plan.lost ? { member, session: undefined } : undefined,
    done: (name) => void done.push(name),
  }
  return { acts, done, following }
}

/** What was done, and how it ended. */
async function outcome(...args: Parameters<typeof scene>) {
  const { acts, done, following } = scene(...args)
  const hint = await followPlan(following).then(
    () => undefined,
    (error: unknown) => (error instanceof ProvisionError ? (error.hint ?? error.message) : String(error)),
  )
  return { acts, done: [...new Set(done)], hint }
}

const UNTIL_PROMOTED = ['db1 takes no more writes', 'db2 caught up', 'db3 caught up', 'db2 promoted to primary']

describe('following the plan of a switchover', () => {
  it('stops the writes, waits for the replicas, promotes, repoints, and proves it by a write', async () => {
    expect(await outcome(PLANNED)).toEqual({
      acts: [
        ...UNTIL_PROMOTED,
        'db3 replicates from db2',
        'db1 replicates from db2',
        'db2 canary write',
        'db3 canary replicated',
        'db1 canary replicated',
      ],
      done: ['db1', 'db2', 'db3'],
      hint: undefined,
    })
  })

  it.each<[string, Trouble, string[]]>([
    [
      'the old one has a transaction that stays open',
      { 'db1 takes no more writes': 'refused' },
      UNTIL_PROMOTED.slice(0, 1),
    ],
    ['a replica lags', { 'db3 caught up': 'refused' }, UNTIL_PROMOTED.slice(0, 3)],
    ['a replica is cut off', { 'db3 caught up': 'cut' }, UNTIL_PROMOTED.slice(0, 3)],
    ['the candidate refuses', { 'db2 promoted to primary': 'refused' }, [...UNTIL_PROMOTED, 'db2 is still read-only']],
  ])('gives the writes back when %s', async (_, trouble, acts) => {
    expect(await outcome(PLANNED, trouble)).toMatchObject({
      acts: [...acts, 'db1 is the primary again'],
      hint: 'db1 is the primary again, as before',
    })
  })

  it.each<[string, Trouble]>([
    ['it can not be asked', { 'db2 promoted to primary': 'cut', 'db2 is still read-only': 'cut' }],
    ['it is not read-only', { 'db2 promoted to primary': 'refused', 'db2 is still read-only': 'refused' }],
  ])('never gives them back when the candidate may take them: %s', async (_, trouble) => {
    const { acts, hint } = await outcome(PLANNED, trouble)
    expect(acts).toEqual([...UNTIL_PROMOTED, 'db2 is still read-only'])
    expect(hint).toContain('it is not known whether db2 is the primary by now')
  })

  it('only goes forward once another takes the writes; the others are still repointed', async () => {
    const { acts, done, hint } = await outcome(PLANNED, { 'db3 replicates from db2': 'refused' })
    expect(acts).toEqual([...UNTIL_PROMOTED, 'db3 replicates from db2', 'db1 replicates from db2'])
    expect(done).toEqual(['db1', 'db2'])
    expect(hint).toBe('db2 is the primary; the same command again goes on from here')
  })
})

describe('following the plan for a lost primary', () => {
  const REST = [
    'db2 db1 is unreachable',
    'db3 db1 is unreachable',
    'db2 applies what it received',
    'db3 applies what it received',
  ]

  it('makes sure that it is unreachable, lets the replicas apply what they have, and promotes', async () => {
    const { acts, hint } = await outcome(LOST)
    expect(acts).toEqual([
      ...REST,
      'db2 promoted to primary',
      'db3 replicates from db2',
      'db2 canary write',
      'db3 canary replicated',
    ])
    expect(hint).toBeUndefined()
  })

  it('promotes nobody while the lost one can be heard', async () => {
    const { acts } = await outcome(LOST, { 'db3 db1 is unreachable': 'refused' })
    expect(acts).toEqual(REST.slice(0, 2))
  })

  it('promotes nobody while another has more, and has all of them wait again', async () => {
    const { acts, hint } = await outcome(LOST, {}, { db3: `${A}:1-10` })
    expect(acts).toEqual([...REST, 'db2 waits for it again', 'db3 waits for it again'])
    expect(hint).toBe('use --to db3')
  })
})
