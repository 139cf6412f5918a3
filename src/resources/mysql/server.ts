import { ProvisionError } from '../../errors.ts'
import { row, type SqlAnswer } from './client.ts'
import { raw, type Sql } from './sql.ts'

/**
 * What a server is by its own word, whatever the inventory once said. undecided: read-only and replicating from nobody,
 * as one that was just installed, a primary after its restart, or one that others have left behind.
 */
export type ServerRole = 'writable' | 'replica' | 'undecided'

export interface Server {
  readonly role: ServerRole
  readonly version: string
}

/** SQL that is true on a replica. A channel that was reset leaves a row without a host. */
export const FOLLOWS =
  "EXISTS (SELECT 1 FROM performance_schema.replication_connection_configuration WHERE CHANNEL_NAME = '' AND HOST <> '')"

/** First statement of each kind's probe. */
export const serverQuery: Sql = raw(
  `SELECT ${
    row('server', [
      raw(`IF(${FOLLOWS}, 'replica', IF(@@GLOBAL.read_only OR @@GLOBAL.super_read_only, 'undecided', 'writable'))`),
      raw('@@GLOBAL.version'),
    ]).sql
  }`,
)

/** @throws ProvisionError for MariaDB, or a server that answers nonsense */
export function serverOf(answer: Exclude<SqlAnswer, 'down'>): Server {
  const [role, version] = answer.rows('server')[0] ?? []
  if (version !== undefined && /mariadb/i.test(version)) throw mariaDb(version)
  if ((role !== 'writable' && role !== 'replica' && role !== 'undecided') || version === undefined) {
    throw new Error('the server did not say what it is')
  }
  return { role, version }
}

const mariaDb = (version: string): ProvisionError =>
  new ProvisionError(`this is MariaDB (${version}), not MySQL`, {
    code: 'probe',
    hint: 'its replication, accounts and clone are different: move the data to a MySQL server, or leave the role mysql out',
  })

/** `8.0.36-0ubuntu1` → [8, 0, 36]: as numbers, for 10 comes after 9. */
export function versionOf(version: string): readonly [number, number, number] {
  const [, major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []
  return [Number(major ?? 0), Number(minor ?? 0), Number(patch ?? 0)]
}
