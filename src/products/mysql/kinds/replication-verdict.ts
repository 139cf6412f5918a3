import { CHANGED_MASK, MASK } from '../../../masking/secret.ts'
import type { FieldChange } from '../../../resources/resource.ts'
import { gtidText, parseGtids, withoutGtids } from './gtid.ts'
import type { Channel, MysqlPeer, MysqlReplication, PeerAnswer, ReplicationState, Thread } from './replication-state.ts'

type Up = Extract<PeerAnswer, { is: 'up' }>

/** What is to be done about a server's part in its group. */
export type ReplicationVerdict =
  | { readonly do: 'nothing' }
  /** Made writable. */
  | { readonly do: 'promote'; readonly fields: readonly FieldChange[] }
  /** The channel is set anew, or started, with the source that it has. */
  | { readonly do: 'repair'; readonly source: Source; readonly fields: readonly FieldChange[] }
  /** Replicates from another server of the group from now on. */
  | { readonly do: 'follow'; readonly source: Source; readonly clone: boolean; readonly fields: readonly FieldChange[] }
  /** Only a person can say. `now`: no change of this run, on whichever host, can make a difference. */
  | {
      readonly do: 'refuse'
      readonly why: string
      readonly hint: string
      readonly fields: readonly FieldChange[]
      readonly now?: true
    }

export interface Source {
  readonly host: string
  readonly port: number
  /** What it had when it was asked, for the replica to catch up with. */
  readonly executed: string | undefined
}

const CLONE_CONSENT = 'mysql_allow_clone: true for this host replaces all its data by a copy of the source'
const PROMOTE_CONSENT = 'mysql_allow_promote: true for this host, when you know that no other server is or was writable'

/** Transactions in one set that are not in another, as text. */
const surplus = (from: string, other: string): string => gtidText(withoutGtids(parseGtids(from), parseGtids(other)))

/** Live state first: what the inventory says counts only where no server is anything yet. Pure. */
export function replicationVerdict(desired: MysqlReplication, state: ReplicationState): ReplicationVerdict {
  const twin = desired.peers.find(({ name }) => isTwin(state, state.peers?.[name]))
  if (twin !== undefined) return sameIdentity(twin, state)
  if (state.gtidMode !== 'ON' && desired.peers.length > 0) {
    return refuse(
      `gtid_mode is ${state.gtidMode}`,
      'restart mysqld when this run is over: the option file then says ON',
      {
        field: 'gtid_mode',
        from: state.gtidMode,
        to: 'ON',
      },
    )
  }
  if (state.channel !== undefined) return asReplica(desired, state, state.channel)
  return state.role === 'writable' ? asWritable(desired, state) : asUndecided(desired, state)
}

const isTwin = ({ uuid }: ReplicationState, answer: PeerAnswer | undefined): boolean =>
  answer?.is === 'up' && answer.uuid !== '' && answer.uuid === uuid

/** A source sends its transactions to one server of each identity: two of them push each other out, in turns. */
const sameIdentity = ({ name }: MysqlPeer, { uuid, datadir }: ReplicationState): ReplicationVerdict => ({
  ...refuse(
    `it has the server_uuid of ${name} (${uuid}): one of the two data directories is a copy of the other's`,
    `on the server that is the copy: systemctl stop mysql; rm ${datadir}auto.cnf; systemctl start mysql (it makes a server_uuid of its own)`,
  ),
  now: true,
})

function asReplica(desired: MysqlReplication, state: ReplicationState, channel: Channel): ReplicationVerdict {
  const peer = desired.peers.find(({ host, port }) => host === channel.host && port === channel.port)
  if (peer === undefined) {
    return refuse(
      `it replicates from ${channel.host}:${channel.port}, which is no server of this group`,
      'add that server to the inventory, or RESET REPLICA ALL here if it is gone for good',
      { field: 'source', from: `${channel.host}:${channel.port}`, to: 'a server of this group' },
    )
  }
  const answer = state.peers?.[peer.name]
  const executed = answer?.is === 'up' ? answer.executed : undefined
  const errant = executed === undefined ? undefined : surplus(state.executed, executed)
  const source = { host: channel.host, port: channel.port, executed }
  if (errant !== undefined && errant !== '') return repairErrant(desired, errant, source)
  const fields = channelFields(desired, state, channel)
  return fields.length === 0 ? { do: 'nothing' } : { do: 'repair', source, fields }
}

function repairErrant(desired: MysqlReplication, errant: string, source: Source): ReplicationVerdict {
  const field = { field: 'errant transactions', from: errant }
  if (desired.allowClone && desired.clone) {
    return { do: 'follow', source, clone: true, fields: [{ ...field, to: 'none' }, REPLACED] }
  }
  return refuse(
    `it has transactions that its source never had: ${errant}`,
    `see what they are with mysqlbinlog; ${CLONE_CONSENT}`,
    { ...field, to: 'none' },
  )
}

const REPLACED: FieldChange = { field: 'data', from: 'its own', to: "a clone of the source's" }

function channelFields(desired: MysqlReplication, state: ReplicationState, channel: Channel): FieldChange[] {
  const differs = (field: string, from: string | boolean, to: string | boolean): FieldChange[] =>
    from === to ? [] : [{ field, from: shown(from), to: shown(to) }]
  return [
    ...differs('user', channel.user, desired.user),
    ...(channel.passwordFits ? [] : [{ field: 'password', from: MASK, to: CHANGED_MASK }]),
    ...differs('ssl', channel.ssl, true),
    ...differs('ssl_ca', channel.sslCa, desired.sslCa),
    ...differs('ssl_verify_server_cert', channel.verify, true),
    ...differs('auto_position', channel.autoPosition, true),
    ...threadField('receiver', channel.receiver),
    ...threadField('applier', channel.applier),
    ...differs('super_read_only', state.superReadOnly, true),
  ]
}

/** CONNECTING is not running: it tries, and may have been trying for days. */
const threadField = (field: string, { state, error }: Thread): FieldChange[] =>
  state === 'ON' ? [] : [{ field, from: `${state.toLowerCase()}${error === '' ? '' : ` (${error})`}`, to: 'on' }]

const shown = (value: string | boolean): string => (typeof value === 'string' ? value : value ? 'on' : 'off')

/** Writable, and following nobody. Where it was meant to be a replica, either it was promoted since or never joined. */
function asWritable(desired: MysqlReplication, state: ReplicationState): ReplicationVerdict {
  if (desired.bootstrap === 'primary') return { do: 'nothing' }
  // Installed by somebody, and nothing is in it: a second primary, as soon as anything were made on it.
  if (isBlank(state)) return asUndecided(desired, state)
  const others = writable(desired, state)
  const [other] = others
  if (other === undefined) return { do: 'nothing' }
  return refuse(
    `it is writable and so is ${other.peer.name}`,
    `decide which one is right; on the other: SET GLOBAL super_read_only = ON. ${CLONE_CONSENT}`,
    { field: 'writable', from: `here and on ${others.map(({ peer }) => peer.name).join(', ')}`, to: 'on one server' },
  )
}

/** Read-only and following nobody: just installed, a primary after its restart, or left behind by a failover. */
function asUndecided(desired: MysqlReplication, state: ReplicationState): ReplicationVerdict {
  const [first, second] = writable(desired, state)
  if (first && second) {
    return refuse(
      `${first.peer.name} and ${second.peer.name} are both writable`,
      'set super_read_only = ON on the one that is wrong',
      { field: 'source', to: 'the writable server' },
    )
  }
  if (first) return follow(desired, state, first)
  return desired.bootstrap === 'primary' || desired.allowPromote ? promotion(desired, state) : nobody
}

const nobody: ReplicationVerdict = {
  do: 'refuse',
  why: 'no server of its group is writable: there is nothing to replicate from',
  hint: `run provision for the primary first; if this one is to be it: ${PROMOTE_CONSENT}`,
  fields: [{ field: 'source', to: 'the writable server' }],
}

function promotion(desired: MysqlReplication, state: ReplicationState): ReplicationVerdict {
  const field = { field: 'writable', from: 'no', to: 'yes' }
  for (const { name } of desired.peers) {
    const answer = state.peers?.[name]
    if (answer?.is === 'up' && surplus(answer.executed, state.executed) !== '') {
      return refuse(
        `${name} has transactions that this server lacks: it must not become the primary`,
        `make ${name} the primary (SET GLOBAL super_read_only = OFF, read_only = OFF there): this one then joins it`,
        field,
      )
    }
    if (answer?.is !== 'up' && answer?.is !== 'refused' && !desired.allowPromote) {
      return refuse(
        `${name} could not be asked whether it is the primary: ${answer?.why ?? 'no answer'}`,
        PROMOTE_CONSENT,
        field,
      )
    }
  }
  return { do: 'promote', fields: [field] }
}

interface UpPeer {
  readonly peer: MysqlPeer
  readonly answer: Up
}

const writable = ({ peers }: MysqlReplication, state: ReplicationState): UpPeer[] =>
  peers.flatMap((peer) => {
    const answer = state.peers?.[peer.name]
    return answer?.is === 'up' && answer.writable ? [{ peer, answer }] : []
  })

/**
 * Whether there is nothing to lose: no database, no account. It may have transactions nevertheless: Debian's
 * maintainer script, when it is run again after it failed, changes its own account and writes that to the binary log.
 */
const isBlank = ({ databases, accounts }: ReplicationState): boolean => databases === 0 && accounts === 0

/**
 * By auto-position where the source still has every transaction that this server lacks; else by clone, which a server
 * that has nothing to lose needs no consent for.
 */
function follow(desired: MysqlReplication, state: ReplicationState, { peer, answer }: UpPeer): ReplicationVerdict {
  const source = { host: peer.host, port: peer.port, executed: answer.executed }
  const errant = surplus(state.executed, answer.executed)
  const lost = surplus(answer.purged, state.executed)
  const fields = [{ field: 'source', to: `${peer.name} (${peer.host}:${peer.port})` }]
  if (errant === '' && lost === '') return { do: 'follow', source, clone: false, fields }
  const blank = isBlank(state)
  if (desired.clone && (blank || desired.allowClone)) {
    return {
      do: 'follow',
      source,
      clone: true,
      fields: [...fields, ...(blank ? [{ field: 'data', to: 'a clone' }] : [REPLACED])],
    }
  }
  const why =
    errant === ''
      ? `${peer.name} no longer has all the transactions that this server lacks`
      : `it has transactions that ${peer.name} never had: ${errant}`
  return refuse(why, desired.clone ? CLONE_CONSENT : 'set mysql_clone_password, so that it can be cloned', ...fields)
}

const refuse = (
  why: string,
  hint: string,
  ...fields: FieldChange[]
): Extract<ReplicationVerdict, { do: 'refuse' }> => ({
  do: 'refuse',
  why,
  hint,
  fields: [...fields, { field: 'refused', to: why }],
})
