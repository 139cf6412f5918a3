import { isWithin } from '../../../resources/path-obstacles.ts'
import type { FieldSchema } from '../../../schemas/fields.ts'
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
  /** Writable, with neither a database nor an account of anybody's. */
  readonly isEmpty: boolean
}

/** Whether what lies at a path is the server's own: all that its kinds change. */
export const isServerData = (_: unknown, path: string): boolean => isWithin(path, '/var/lib/mysql')

/** Databases that are not MySQL's own. */
export const DATABASES =
  "(SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema'))"

/** Accounts that neither MySQL nor a package made for itself. */
export const ACCOUNTS =
  "(SELECT COUNT(*) FROM mysql.user WHERE User NOT IN ('root', 'debian-sys-maint', 'mysql.sys', 'mysql.session', 'mysql.infoschema'))"

/** SQL that is true on a replica. A channel that was reset leaves a row without a host. */
export const FOLLOWS =
  "EXISTS (SELECT 1 FROM performance_schema.replication_connection_configuration WHERE CHANNEL_NAME = '' AND HOST <> '')"

/** First statement of each kind's probe. */
export const serverQuery: Sql = raw(
  `SELECT ${
    row('server', [
      raw(`IF(${FOLLOWS}, 'replica', IF(@@GLOBAL.read_only OR @@GLOBAL.super_read_only, 'undecided', 'writable'))`),
      raw('@@GLOBAL.version'),
      raw(`IF(@@GLOBAL.read_only OR @@GLOBAL.super_read_only, 0, ${DATABASES} + ${ACCOUNTS} = 0)`),
    ]).sql
  }`,
)

/** @throws Error for a server that answers nonsense */
export function serverOf(answer: Exclude<SqlAnswer, 'down'>): Server {
  const [role, version, empty] = answer.rows('server')[0] ?? []
  if ((role !== 'writable' && role !== 'replica' && role !== 'undecided') || version === undefined) {
    throw new Error('the server did not say what it is')
  }
  return { role, version, isEmpty: empty === '1' }
}

/** A field of what is on a server of a group. */
export const JOINS = {
  description:
    'The server is to become a replica: while it is new, it has yet to join its group, and what is on it is known after that.',
  type: 'boolean',
  default: false,
} as const satisfies FieldSchema

interface OfMember {
  readonly joins?: boolean | undefined
}

/**
 * Whether what a server is will be known only when it has joined its group: it follows nobody yet, or somebody's
 * installation left it writable, with nothing on it.
 */
export const hasYetToJoin = ({ role, isEmpty }: Server, { joins = false }: OfMember): boolean =>
  joins && (role === 'undecided' || (role === 'writable' && isEmpty))
