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

/** @throws Error for a server that answers nonsense */
export function serverOf(answer: Exclude<SqlAnswer, 'down'>): Server {
  const [role, version] = answer.rows('server')[0] ?? []
  if ((role !== 'writable' && role !== 'replica' && role !== 'undecided') || version === undefined) {
    throw new Error('the server did not say what it is')
  }
  return { role, version }
}
