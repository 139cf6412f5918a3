import { secret } from '../../../../src/masking/secret.ts'
import type { MysqlReplication } from '../../../../src/products/mysql/kinds/replication.ts'
import type { ReplicationState } from '../../../../src/products/mysql/kinds/replication-state.ts'

export const A = '4eaac344-e6c0-11f1-9ced-02420a5f000b'
export const B = 'b245c6ee-e6c0-11f1-b346-02420a5f000c'
export const PEERS = [
  { name: 'db1', host: '192.0.2.1', port: 3306 },
  { name: 'db3', host: '192.0.2.3', port: 3306 },
]

/** db2 of a group of three. */
export const DESIRED: MysqlReplication = {
  bootstrap: 'replica',
  peers: PEERS,
  user: 'replication',
  password: secret(`repl 'pa"ss\\w#1`),
  sslCa: '/etc/mysql/provision-ca.pem',
  clone: { user: 'clone', password: secret("cl'one") },
}

const ON = { state: 'ON', error: '' }

export const CHANNEL = {
  host: '192.0.2.1',
  port: 3306,
  user: 'replication',
  passwordFits: true,
  ssl: true,
  sslCa: '/etc/mysql/provision-ca.pem',
  verify: true,
  autoPosition: true,
  receiver: ON,
  applier: ON,
}

/** A replica as it should be. */
export const STATE: ReplicationState = {
  role: 'replica',
  version: '9.7.4-2',
  superReadOnly: true,
  gtidMode: 'ON',
  uuid: B,
  datadir: '/var/lib/mysql/',
  executed: `${A}:1-22`,
  purged: '',
  databases: 2,
  accounts: 5,
  channel: CHANNEL,
  peers: undefined,
}

/** Read-only and nobody's replica. */
export const ALONE: ReplicationState = { ...STATE, role: 'undecided', channel: undefined }
/** Just installed. */
export const BLANK: ReplicationState = { ...ALONE, executed: '', databases: 0, accounts: 0 }

export const up = (
  executed: string,
  more: { readonly writable?: boolean; readonly purged?: string; readonly uuid?: string } = {},
) => ({
  is: 'up' as const,
  writable: false,
  executed,
  purged: '',
  uuid: A,
  ...more,
})
export const primary = (executed: string, purged = '') => up(executed, { writable: true, purged })
export const SILENT = { is: 'silent' as const, why: "ERROR 2003 (HY000): Can't connect … (110)" }
export const REFUSED = { is: 'refused' as const }
