import { describe, expect, test } from 'vitest'
import { type MysqlReplication, mysqlReplicationKind } from '../../../../src/products/mysql/kinds/replication.ts'
import type { PeerAnswer, ReplicationState } from '../../../../src/products/mysql/kinds/replication-state.ts'
import { replicationVerdict } from '../../../../src/products/mysql/kinds/replication-verdict.ts'
import { own } from '../../../resources/answers.ts'
import { answer, row } from './answer.ts'
import { A, ALONE, B, BLANK, CHANNEL, DESIRED, primary, REFUSED, SILENT, STATE, up } from './group.ts'

const FIRST: MysqlReplication = { ...DESIRED, bootstrap: 'primary' }
const WRITABLE: ReplicationState = { ...ALONE, role: 'writable', superReadOnly: false }
const verdict = (desired: MysqlReplication, state: ReplicationState, db1?: PeerAnswer, db3: PeerAnswer = REFUSED) =>
  replicationVerdict(desired, db1 === undefined ? state : { ...state, peers: { db1, db3 } })

describe('C27: two servers of one identity', () => {
  const why = `it has the server_uuid of db1 (${B}): one of the two data directories is a copy of the other's`
  test.each<[string, ReplicationState]>([
    ['a new one', BLANK],
    ['one that is writable', WRITABLE],
    ['a replica that was pushed out', { ...STATE, channel: { ...CHANNEL, receiver: { state: 'OFF', error: '1236' } } }],
  ])('%s is refused, with the file, and whatever else the run does', (_, state) => {
    const refused = verdict({ ...DESIRED, allowClone: true }, state, up(`${A}:1-30`, { uuid: B }), primary(`${A}:1-30`))
    expect(refused).toMatchObject({
      do: 'refuse',
      why,
      now: true,
      hint: expect.stringContaining('/var/lib/mysql/auto.cnf'),
    })
    const actual = { ...state, peers: { db1: up('', { uuid: B }), db3: SILENT } }
    expect(() => mysqlReplicationKind.diff(DESIRED, actual)).toThrow(why)
  })
})

describe('a replica', () => {
  test('as it should be needs nothing', () => {
    expect(verdict(DESIRED, STATE)).toEqual({ do: 'nothing' })
  })

  test('stays with the server that it follows, whatever the inventory called that one once', () => {
    expect(verdict(FIRST, { ...STATE, channel: { ...CHANNEL, host: '192.0.2.3' } })).toEqual({ do: 'nothing' })
  })

  test('that is connecting does not run', () => {
    const receiver = { state: 'CONNECTING', error: 'Access denied' }
    expect(verdict(DESIRED, { ...STATE, channel: { ...CHANNEL, receiver } })).toMatchObject({
      do: 'repair',
      fields: [{ field: 'receiver', from: 'connecting (Access denied)', to: 'on' }],
    })
  })

  test('is told what differs in its channel, the password unseen', () => {
    const channel = { ...CHANNEL, user: 'root', passwordFits: false, verify: false, sslCa: '', autoPosition: false }
    expect(verdict(DESIRED, { ...STATE, superReadOnly: false, channel })).toMatchObject({
      do: 'repair',
      source: { host: '192.0.2.1' },
      fields: [
        { field: 'user', from: 'root', to: 'replication' },
        { field: 'password', from: '‹secret›', to: '‹secret, changed›' },
        { field: 'ssl_ca' },
        { field: 'ssl_verify_server_cert', from: 'off', to: 'on' },
        { field: 'auto_position' },
        { field: 'super_read_only', from: 'off', to: 'on' },
      ],
    })
  })

  test('of a stranger is left to people', () => {
    expect(verdict(DESIRED, { ...STATE, channel: { ...CHANNEL, host: '203.0.113.9' } })).toMatchObject({ do: 'refuse' })
  })

  const errant = { ...STATE, executed: `${A}:1-22,${B}:1-2` }
  test('with errant transactions is cloned with consent only', () => {
    expect(verdict(DESIRED, errant, primary(`${A}:1-30`))).toMatchObject({
      do: 'refuse',
      fields: [{ field: 'errant transactions', from: `${B}:1-2`, to: 'none' }, { field: 'refused' }],
    })
    expect(verdict({ ...DESIRED, allowClone: true }, errant, primary(`${A}:1-30`))).toMatchObject({
      do: 'follow',
      clone: true,
      source: { host: '192.0.2.1', executed: `${A}:1-30` },
    })
    expect(verdict({ ...DESIRED, allowClone: true, clone: undefined }, errant, primary(`${A}:1-30`))).toMatchObject({
      do: 'refuse',
    })
  })

  test('that was the primary once has transactions of its own, which its source knows', () => {
    expect(verdict(DESIRED, errant, primary(`${A}:1-30,${B}:1-5`))).toEqual({ do: 'nothing' })
    expect(verdict(DESIRED, errant, SILENT)).toEqual({ do: 'nothing' })
  })
})

describe('a writable server', () => {
  test('is the primary', () => {
    expect(verdict(FIRST, WRITABLE)).toEqual({ do: 'nothing' })
  })

  test('that was promoted since stays it', () => {
    expect(verdict(DESIRED, WRITABLE, up(`${A}:1-22`), up(`${A}:1-22`))).toEqual({ do: 'nothing' })
  })

  test('beside another one is left to people, but an empty one joins', () => {
    expect(verdict(DESIRED, WRITABLE, primary(`${A}:1-9`))).toMatchObject({
      do: 'refuse',
      why: expect.stringContaining('db1'),
    })
    expect(
      verdict(DESIRED, { ...WRITABLE, executed: '', databases: 0, accounts: 0 }, primary(`${A}:1-9`)),
    ).toMatchObject({
      do: 'follow',
      clone: false,
    })
  })

  test('that was just installed, and is not to be the primary, waits for the primary', () => {
    expect(verdict(DESIRED, { ...WRITABLE, executed: '', databases: 0, accounts: 0 }, REFUSED)).toMatchObject({
      do: 'refuse',
      why: 'no server of its group is writable: there is nothing to replicate from',
    })
  })
})

describe('a server that is read-only and follows nobody', () => {
  test('is the first primary of a group that does not run yet', () => {
    expect(verdict(FIRST, BLANK, REFUSED)).toMatchObject({ do: 'promote' })
    expect(verdict(FIRST, BLANK, up(''), up(''))).toMatchObject({ do: 'promote' })
  })

  test('is the primary again after its restart, when nobody knows more', () => {
    expect(verdict(FIRST, ALONE, up(`${A}:1-22`), up(`${A}:1-20`))).toMatchObject({ do: 'promote' })
  })

  test.each([
    ['somebody was promoted meanwhile and is read-only now', up(`${A}:1-22,${B}:1`), {}, 'refuse'],
    ['somebody can not be asked', SILENT, {}, 'refuse'],
    ['somebody can not be asked, with consent', SILENT, { allowPromote: true }, 'promote'],
    ['somebody has more, with consent', up(`${A}:1-23`), { allowPromote: true }, 'refuse'],
  ])('does not become the second primary: %s', (_, db1, consent, wanted) => {
    expect(verdict({ ...FIRST, ...consent }, ALONE, db1)).toMatchObject({ do: wanted })
  })

  test('joins the one that is writable, whatever the inventory says', () => {
    expect(verdict(FIRST, ALONE, up(`${A}:1-22`), primary(`${A}:1-40`))).toMatchObject({
      do: 'follow',
      clone: false,
      source: { host: '192.0.2.3' },
      fields: [{ field: 'source', to: 'db3 (192.0.2.3:3306)' }],
    })
  })

  test('is cloned where its source has purged what it lacks: at once when it is empty, else with consent', () => {
    const purged = primary(`${A}:1-40`, `${A}:1-30`)
    expect(verdict(DESIRED, BLANK, purged)).toMatchObject({ do: 'follow', clone: true })
    expect(verdict(DESIRED, ALONE, purged)).toMatchObject({ do: 'refuse' })
    expect(verdict({ ...DESIRED, allowClone: true }, ALONE, purged)).toMatchObject({ do: 'follow', clone: true })
    expect(verdict({ ...DESIRED, clone: undefined }, BLANK, purged)).toMatchObject({ do: 'refuse' })
  })

  test('whose package wrote to the binary log is cloned at once, as long as nobody has anything in it', () => {
    const configuredTwice = { ...BLANK, executed: `${B}:1` }
    const source = primary(`${A}:1-40`)
    expect(verdict(DESIRED, configuredTwice, source)).toMatchObject({
      do: 'follow',
      clone: true,
      fields: [{ field: 'source' }, { field: 'data', to: 'a clone' }],
    })
    expect(verdict(DESIRED, { ...configuredTwice, accounts: 1 }, source)).toMatchObject({ do: 'refuse' })
    expect(verdict(DESIRED, { ...configuredTwice, databases: 1 }, source)).toMatchObject({ do: 'refuse' })
    expect(verdict({ ...DESIRED, clone: undefined }, configuredTwice, source)).toMatchObject({
      do: 'refuse',
      hint: expect.stringContaining('mysql_clone_password'),
    })
  })

  test('that had writes of its own joins with consent only', () => {
    expect(verdict(DESIRED, { ...ALONE, executed: `${A}:1-41` }, primary(`${A}:1-40`))).toMatchObject({
      do: 'refuse',
      why: `it has transactions that db1 never had: ${A}:41`,
    })
  })

  test('waits for a primary, and for people where there are two', () => {
    expect(verdict(DESIRED, BLANK, REFUSED)).toMatchObject({ do: 'refuse', why: expect.stringContaining('writable') })
    expect(verdict(DESIRED, BLANK, primary(''), primary(''))).toMatchObject({ do: 'refuse' })
  })

  test('needs GTIDs', () => {
    expect(verdict(DESIRED, { ...BLANK, gtidMode: 'OFF' }, primary(''))).toMatchObject({ do: 'refuse' })
  })
})

test('C69: nobody is asked before the certificates are there: it is known after the change that brings them', () => {
  const parse = (...rows: string[]) => mysqlReplicationKind.parse(own(answer(...rows)), [DESIRED]).get('server')
  const rows = [
    row('server', 'writable', '9.7.4-2', '1'),
    row('self', '0', 'ON', B, '', '', '0', '0', '/var/lib/mysql/'),
  ]
  expect(parse(...rows, '@ask', '@later')).toBe('unknown')
  expect(parse(...rows)).toMatchObject({ role: 'writable', peers: undefined })
})
