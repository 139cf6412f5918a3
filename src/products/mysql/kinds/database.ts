import { constructorOf } from '../../../resources/constructor.ts'
import type { Change, FieldChange, ResourceKind } from '../../../resources/resource.ts'
import type { FieldSchemas, FieldsOf } from '../../../schemas/fields.ts'
import { parseSql, probeSql, row, runSql } from './client.ts'
import { hasYetToJoin, isServerData, JOINS, type Server, serverOf, serverQuery } from './server.ts'
import { list, name, raw, type Sql, sql } from './sql.ts'

/** A database (schema) on a MySQL server. On a replica there is nothing to do: it comes by replication. */
export const MYSQL_DATABASE = {
  name: { description: 'Its name.', type: 'string' },
  charset: { description: 'Of new tables; tables that are there keep theirs.', type: 'string', default: 'utf8mb4' },
  collation: { description: "Not set: the charset's own.", type: 'string', optional: true },
  state: {
    description: 'absent: it is dropped with all that is in it.',
    enum: ['present', 'absent'],
    default: 'present',
  },
  joins: JOINS,
} as const satisfies FieldSchemas

export type MysqlDatabase = FieldsOf<typeof MYSQL_DATABASE>

export interface MysqlDatabaseState {
  readonly server: Server['role']
  /** Undefined: there is no such database. */
  readonly found: { readonly charset: string; readonly collation: string } | undefined
}

const CHARSET = 'utf8mb4'

/** What it creates on the primary, replicas replay: `unknown` until the server has its place. */
export const mysqlDatabaseKind: ResourceKind<MysqlDatabase, MysqlDatabaseState> = {
  kind: 'mysql-database',
  key: (desired) => desired.name,
  affects: isServerData,
  probe: (all) => probeSql([serverQuery, query(all)]),
  parse({ own }, all) {
    const answer = parseSql(own)
    if (answer === 'down') return new Map(all.map((one) => [one.name, 'unknown']))
    const server = serverOf(answer)
    const found = new Map(
      answer.rows('database').map(([schema, charset = '', collation = '']) => [schema, { charset, collation }]),
    )
    return new Map(
      all.map((one) => [
        one.name,
        isUnknown(server, one) ? 'unknown' : { server: server.role, found: found.get(one.name) },
      ]),
    )
  },
  diff(desired, actual) {
    if (actual !== 'absent' && actual.server === 'replica') return undefined
    const found = actual === 'absent' ? undefined : actual.found
    const fields = fieldsOf(desired, found)
    if (desired.state === 'absent') return found && { action: 'delete', desired, actual, fields }
    if (found === undefined) return { action: 'create', desired, actual, fields }
    return fields.length === 0 ? undefined : { action: 'update', desired, actual, fields }
  },
  apply: (changes) => runSql(changes.map(statement)),
}

/**
 * A database: `mysqlDatabase({ name: 'shop' })`.
 * @throws RangeError for a name that no database can have, or that is MySQL's own
 */
export const mysqlDatabase = constructorOf(mysqlDatabaseKind, {
  fields: MYSQL_DATABASE,
  check(input) {
    name(input.name)
    if (['mysql', 'sys', 'information_schema', 'performance_schema'].includes(input.name.toLowerCase())) {
      throw new RangeError(`mysql-database ${input.name} is MySQL's own`)
    }
    for (const word of [input.charset, input.collation]) {
      if (word !== undefined && !/^[a-z0-9_]+$/.test(word)) {
        throw new RangeError(`mysql-database ${input.name}: ${JSON.stringify(word)} is no charset or collation`)
      }
    }
  },
})

const query = (all: readonly MysqlDatabase[]): Sql => {
  const columns = row('database', [
    raw('SCHEMA_NAME'),
    raw('DEFAULT_CHARACTER_SET_NAME'),
    raw('DEFAULT_COLLATION_NAME'),
  ])
  const names = list(all.map((one) => one.name))
  return sql`SELECT ${columns} FROM information_schema.SCHEMATA WHERE BINARY SCHEMA_NAME IN (${names})`
}

const isUnknown = (server: Server, one: MysqlDatabase): boolean =>
  server.role === 'undecided' || hasYetToJoin(server, one)

const fieldsOf = (desired: MysqlDatabase, found: MysqlDatabaseState['found']): FieldChange[] => {
  if (desired.state === 'absent') return found ? [{ field: 'charset', from: found.charset }] : []
  const charset = desired.charset ?? CHARSET
  return [
    ...(charset === found?.charset ? [] : [{ field: 'charset', from: found?.charset, to: charset }]),
    ...(desired.collation === undefined || desired.collation === found?.collation
      ? []
      : [{ field: 'collation', from: found?.collation, to: desired.collation }]),
  ]
}

const statement = ({ desired }: Change<MysqlDatabase, MysqlDatabaseState>): Sql => {
  const database = name(desired.name)
  if (desired.state === 'absent') return sql`DROP DATABASE IF EXISTS ${database}`
  const options = `CHARACTER SET ${desired.charset ?? CHARSET}${desired.collation ? ` COLLATE ${desired.collation}` : ''}`
  return { sql: `CREATE DATABASE IF NOT EXISTS ${database.sql} ${options}; ALTER DATABASE ${database.sql} ${options}` }
}
