import { reveal } from '../../../masking/secret.ts'
import type { FieldSchemas, FieldsOf } from '../../../schemas/fields.ts'
import { joinScripts, rawScript, type Script, sh } from '../../../shell/script.ts'
import { askPeer, parseSql, probeSql, row } from './client.ts'
import { parseGtids } from './gtid.ts'
import { ACCOUNTS, DATABASES, FOLLOWS, type ServerRole, serverOf, serverQuery } from './server.ts'
import { raw, type Sql } from './sql.ts'

export const MYSQL_REPLICATION = {
  bootstrap: {
    description:
      'What the server is to be at the very first start of the group. Later the servers themselves say who is what: a replica stays with the source that it has, a writable server stays writable.',
    enum: ['primary', 'replica'],
  },
  peers: {
    description: 'The other servers of the group, as the inventory knows them.',
    type: 'array',
    items: {
      type: 'object',
      additionalProperties: false,
      required: ['name', 'host', 'port'],
      properties: {
        name: { description: 'Name in the inventory.', type: 'string' },
        host: { description: 'Address that servers reach it by.', type: 'string' },
        port: { description: 'Port of MySQL.', type: 'integer' },
      },
    },
  },
  user: { description: 'The account that replicas log in with.', type: 'string' },
  password: { description: 'Of that account. Needed where there are peers.', is: 'secret', given: true },
  sslCa: {
    description:
      'Path on the host of the CA that all certificates of the group are from; the names in them are checked.',
    type: 'string',
  },
  clone: {
    description: 'The account that may copy the whole of the source. Not set: this server is never cloned.',
    type: 'object',
    additionalProperties: false,
    required: ['user', 'password'],
    properties: {
      user: { description: 'Its name.', type: 'string' },
      password: { description: 'Its password.', is: 'secret' },
    },
    optional: true,
  },
  allowClone: {
    description: "Consent: all data of this server may be replaced by a copy of the source's.",
    type: 'boolean',
    default: false,
  },
  allowPromote: {
    description: 'Consent: this server may become writable although not all of its peers could be asked.',
    type: 'boolean',
    default: false,
  },
  catchUp: {
    description: 'Seconds that a replica may take to catch up after a change.',
    type: 'number',
    minimum: 0,
    default: 120,
  },
} as const satisfies FieldSchemas

/** A server's part in a group of one writable server and its replicas. */
export type MysqlReplication = FieldsOf<typeof MYSQL_REPLICATION>

/** Another server of the group, as the inventory knows it. */
export type MysqlPeer = MysqlReplication['peers'][number]

export interface Channel {
  readonly host: string
  readonly port: number
  readonly user: string
  /** The password that it uses is the declared one. */
  readonly passwordFits: boolean
  readonly ssl: boolean
  readonly sslCa: string
  readonly verify: boolean
  readonly autoPosition: boolean
  /** ON, OFF or CONNECTING, with the last error. */
  readonly receiver: Thread
  readonly applier: Thread
}

export interface Thread {
  readonly state: string
  readonly error: string
}

/** What a peer answered. refused: nothing listens there. silent: nobody can tell. */
export type PeerAnswer =
  | {
      readonly is: 'up'
      readonly writable: boolean
      readonly executed: string
      readonly purged: string
      readonly uuid: string
    }
  | { readonly is: 'refused' }
  | { readonly is: 'silent'; readonly why: string }

export interface ReplicationState {
  readonly role: ServerRole
  readonly version: string
  /** Refuses writes of everybody, administrators included. */
  readonly superReadOnly: boolean
  readonly gtidMode: string
  /** Its identity in the group, which it made itself and keeps in auto.cnf of its data directory. */
  readonly uuid: string
  readonly datadir: string
  /** Sets of transactions, as the server writes them. */
  readonly executed: string
  readonly purged: string
  /** Databases that are not MySQL's own. */
  readonly databases: number
  /** Accounts that neither MySQL nor a package made for itself. */
  readonly accounts: number
  readonly channel: Channel | undefined
  /** Answers by name of the peer; undefined: there was no need to ask. */
  readonly peers: Readonly<Record<string, PeerAnswer>> | undefined
}

const SELF: Sql = raw(
  `SELECT ${
    row('self', [
      raw('@@GLOBAL.super_read_only'),
      raw('@@GLOBAL.gtid_mode'),
      raw('@@GLOBAL.server_uuid'),
      raw('@@GLOBAL.gtid_executed'),
      raw('@@GLOBAL.gtid_purged'),
      raw(DATABASES),
      raw(ACCOUNTS),
      raw('@@GLOBAL.datadir'),
    ]).sql
  }`,
)

/** Hash and not text of the password: what is compared need not be seen. */
const CHANNEL: Sql = raw(
  `SELECT ${
    row('channel', [
      ...['c.HOST', 'c.PORT', 'c.USER', 'SHA2(m.User_password, 256)', 'c.SSL_ALLOWED', 'c.SSL_CA_FILE'].map(raw),
      ...['c.SSL_VERIFY_SERVER_CERTIFICATE', 'c.AUTO_POSITION', 's.SERVICE_STATE', 's.LAST_ERROR_MESSAGE'].map(raw),
      raw('a.SERVICE_STATE'),
      raw(
        "COALESCE((SELECT MAX(LAST_ERROR_MESSAGE) FROM performance_schema.replication_applier_status_by_worker WHERE CHANNEL_NAME = '' AND LAST_ERROR_NUMBER <> 0), (SELECT MAX(LAST_ERROR_MESSAGE) FROM performance_schema.replication_applier_status_by_coordinator WHERE CHANNEL_NAME = '' AND LAST_ERROR_NUMBER <> 0), '')",
      ),
    ]).sql
  } FROM performance_schema.replication_connection_configuration c JOIN performance_schema.replication_connection_status s USING (CHANNEL_NAME) JOIN performance_schema.replication_applier_status a USING (CHANNEL_NAME) LEFT JOIN mysql.slave_master_info m ON m.Channel_name = c.CHANNEL_NAME WHERE c.CHANNEL_NAME = '' AND c.HOST <> ''`,
)

/** A receiver that stands still may do so for another server that has the same server_uuid. */
const STANDS =
  "NOT EXISTS (SELECT 1 FROM performance_schema.replication_connection_status WHERE CHANNEL_NAME = '' AND SERVICE_STATE = 'ON')"

/**
 * Peers are asked only where the server itself can't tell: it is read-only and follows nobody, it is writable and
 * once was not meant to be, or it follows somebody and stands still, or has errant transactions.
 */
const ask = (desired: MysqlReplication): Sql =>
  raw(
    `SELECT '@ask' FROM DUAL WHERE IF(${FOLLOWS}, ${STANDS} OR LOCATE(@@GLOBAL.server_uuid, @@GLOBAL.gtid_executed) > 0, ${
      desired.bootstrap === 'replica' ? 'TRUE' : '@@GLOBAL.read_only OR @@GLOBAL.super_read_only'
    })`,
  )

const PEER: Sql = raw(
  `SELECT ${
    row('peer', [
      raw('NOT (@@GLOBAL.read_only OR @@GLOBAL.super_read_only)'),
      raw('@@GLOBAL.gtid_executed'),
      raw('@@GLOBAL.gtid_purged'),
      raw('@@GLOBAL.server_uuid'),
    ]).sql
  }`,
)

export function probeReplication([desired]: readonly MysqlReplication[]): Script {
  if (desired === undefined) return rawScript(':')
  const { peers, user, password, sslCa } = desired
  const own = probeSql([serverQuery, SELF, CHANNEL, ask(desired)])
  if (peers.length === 0 || password === undefined) return own
  return joinScripts([
    // A subshell: it may exit.
    rawScript(['answer=$(', own.sh, ')', 'printf "%s\\n" "$answer"', 'case $answer in', '*@ask*)'].join('\n')),
    sh`[ -r ${sslCa} ] || { echo @later; exit 0; }`,
    ...peers.map(({ host, port }, i) =>
      joinScripts([sh`echo ${`@asked ${i}`}`, askPeer({ host, port, user, password: reveal(password), sslCa }, PEER)]),
    ),
    rawScript(';;\nesac'),
  ])
}

export function parseReplication(
  answer: string,
  all: readonly MysqlReplication[],
  hash: (password: string) => string,
): ReplicationState | 'unknown' {
  const [desired] = all
  const [own = '', ...others] = answer.split(/^@asked \d+$/m)
  const state = parseSql(own)
  // Nobody can be asked before the certificates are there, which an earlier change brings.
  if (state === 'down' || desired === undefined || state.rows('later').length > 0) return 'unknown'
  const { role, version } = serverOf(state)
  const [readOnly, gtidMode = '', uuid = '', executed = '', purged = '', ...counts] = state.rows('self')[0] ?? []
  const [databases = '', accounts = '', datadir = '/var/lib/mysql/'] = counts
  if (accounts === '') throw new Error('the server did not tell all of its state')
  return {
    role,
    version,
    superReadOnly: readOnly === '1',
    gtidMode,
    uuid,
    datadir,
    executed: checked(executed),
    purged: checked(purged),
    databases: Number(databases),
    accounts: Number(accounts),
    channel: channelOf(state.rows('channel')[0], hash(desired.password === undefined ? '' : reveal(desired.password))),
    peers:
      others.length > 0
        ? Object.fromEntries(desired.peers.map((peer, i) => [peer.name, peerOf(others[i] ?? '')]))
        : undefined,
  }
}

function channelOf(columns: (string | undefined)[] | undefined, passwordHash: string): Channel | undefined {
  if (columns === undefined) return undefined
  const [host = '', port, user = '', hash, ssl, sslCa = '', verify, auto, receiver = '', error = '', ...rest] = columns
  const [applier = '', applierError = ''] = rest
  return {
    host,
    port: Number(port),
    user,
    passwordFits: hash === passwordHash,
    ssl: ssl === 'YES',
    sslCa,
    verify: verify === 'YES',
    autoPosition: auto === '1',
    receiver: { state: receiver, error },
    applier: { state: applier, error: applierError },
  }
}

function peerOf(answer: string): PeerAnswer {
  const why = /^@silent (\S*)$/m.exec(answer)?.[1]
  if (why !== undefined) {
    const message = Buffer.from(why, 'base64').toString('utf8').trim()
    // errno 111: the host is there and answers that nobody listens.
    return /ERROR 2003 .*\(111\)/.test(message) ? { is: 'refused' } : { is: 'silent', why: message }
  }
  const state = parseSql(answer)
  const [writable, executed, purged, uuid = ''] = state === 'down' ? [] : (state.rows('peer')[0] ?? [])
  if (executed === undefined || purged === undefined) return { is: 'silent', why: 'no answer in time' }
  return { is: 'up', writable: writable === '1', executed: checked(executed), purged: checked(purged), uuid }
}

/** @throws Error for what is no set of transactions */
const checked = (text: string): string => {
  parseGtids(text)
  return text.replaceAll(/\s/g, '')
}
