import type { FieldSchemas, FieldsOf } from '../../schemas/fields.ts'
import { CHANGED_MASK, MASK, reveal } from '../../secret.ts'
import { type Change, constructorOf, type FieldChange, type ResourceKind } from '../resource.ts'
import { BYTES, parseSql, probeSql, row, runSql, type SqlAnswer } from './client.ts'
import { declared, GRANT_OPTION, GRANTS, type GrantChange, grantChanges, grantStatements, objectKey } from './grants.ts'
import { holdsPassword } from './password.ts'
import { type Server, serverOf, serverQuery } from './server.ts'
import { account, raw, type Sql, sql, text } from './sql.ts'

/** An account on a MySQL server. On a replica there is nothing to do: it comes by replication. */
export const MYSQL_USER = {
  name: { description: 'Its name.', type: 'string' },
  host: {
    description: 'Where it logs in from, as MySQL has it: `10.0.0.%`, `localhost`. Not set: `%`, from anywhere.',
    type: 'string',
    given: true,
  },
  password: {
    description:
      "Not set: it logs in over the socket as the system's user of the same name (auth_socket), without a password.",
    is: 'secret',
    given: true,
  },
  tls: { description: 'What its connections need.', enum: ['none', 'ssl', 'x509'], default: 'none' },
  grants: GRANTS,
  state: { description: 'absent: it is dropped.', enum: ['present', 'absent'], default: 'present' },
} as const satisfies FieldSchemas

export type MysqlUser = FieldsOf<typeof MYSQL_USER>

export interface MysqlUserState {
  readonly server: Server['role']
  /** Undefined: there is no such account. */
  readonly found: FoundUser | undefined
}

export interface FoundUser {
  readonly plugin: string
  /** What is stored fits the declared password, or for auth_socket: the user of the same name. */
  readonly fits: boolean
  readonly tls: string
  /** Privileges by object, sorted. */
  readonly grants: Readonly<Record<string, readonly string[]>>
}

const PASSWORD = 'caching_sha2_password'
const SOCKET = 'auth_socket'

const hostOf = ({ host }: MysqlUser): string => (host ?? '%').toLowerCase()
const pluginOf = ({ password }: MysqlUser): string => (password === undefined ? SOCKET : PASSWORD)

/** Accounts live where the writes go; `unknown` until the server has its place. */
export const mysqlUserKind: ResourceKind<MysqlUser, MysqlUserState> = {
  kind: 'mysql-user',
  key: (desired) => `${desired.name}@${hostOf(desired)}`,
  probe: (all) => probeSql([serverQuery, ...queries(all)]),
  parse(answer, all) {
    const said = parseSql(answer)
    const server = said === 'down' ? undefined : serverOf(said).role
    if (said === 'down' || server === undefined || server === 'undecided') {
      return new Map(all.map((one) => [mysqlUserKind.key(one), 'unknown']))
    }
    return new Map(
      all.map((one) => {
        const found = server === 'replica' ? undefined : foundOf(one, said)
        return [mysqlUserKind.key(one), { server, found }]
      }),
    )
  },
  diff(desired, actual) {
    if (actual !== 'absent' && actual.server === 'replica') return undefined
    const found = actual === 'absent' ? undefined : actual.found
    if (desired.state === 'absent') {
      return found && { action: 'delete', desired, actual, fields: [{ field: 'login', from: found.plugin }] }
    }
    const fields = [...loginFields(desired, found), ...changesOf(desired, found).map((change) => change.field)]
    if (found === undefined) return { action: 'create', desired, actual, fields }
    return fields.length === 0 ? undefined : { action: 'update', desired, actual, fields }
  },
  apply: (changes) => runSql(changes.flatMap(statements)),
}

/**
 * Declares an account: `mysqlUser({ name: 'app', host: '10.0.0.%', password, tls: 'ssl', grants: [{ on: 'shop.*',
 * privileges: ['SELECT', 'INSERT'] }] })`.
 * @throws RangeError for a name, host or grant that MySQL would not take, and for an empty password
 */
export const mysqlUser = constructorOf(mysqlUserKind, {
  fields: MYSQL_USER,
  check(input) {
    const wrong = (why: string) => new RangeError(`mysql-user ${JSON.stringify(input.name)}: ${why}`)
    if (input.name === '' || [...input.name].length > 32) throw wrong('a name has 1 to 32 characters')
    if (!/^[A-Za-z0-9_.:%/-]{1,255}$/.test(input.host ?? '%')) throw wrong(`${input.host} is no host`)
    if (input.password !== undefined && reveal(input.password) === '') throw wrong('its password is empty')
    if (input.password === undefined && input.state !== 'absent' && hostOf(input) !== 'localhost') {
      throw wrong('without a password it can only log in over the socket, from localhost')
    }
    declared(input.grants ?? [])
  },
})

/** As information_schema writes an account: nothing in it is escaped. */
const grantee = (one: MysqlUser): string => `'${one.name}'@'${hostOf(one)}'`

const queries = (all: readonly MysqlUser[]): Sql[] => {
  const accounts = raw(all.map((one) => sql`(${one.name}, ${hostOf(one)})`.sql).join(', '))
  const grantees = raw(all.map((one) => text(grantee(one)).sql).join(', '))
  const grants = (columns: readonly Sql[], table: string): Sql => {
    const all = row('grant', [raw('GRANTEE'), ...columns, raw('PRIVILEGE_TYPE'), raw('IS_GRANTABLE')])
    return sql`SELECT ${all} FROM ${raw(`information_schema.${table}`)} WHERE GRANTEE IN (${grantees})`
  }
  const columns = row('user', [
    raw('User'),
    raw('Host'),
    raw('plugin'),
    raw('ssl_type'),
    BYTES('authentication_string'),
  ])
  return [
    sql`SELECT ${columns} FROM mysql.user WHERE (User, Host) IN (${accounts})`,
    grants([text('*'), text('*')], 'USER_PRIVILEGES'),
    grants([raw('TABLE_SCHEMA'), text('*')], 'SCHEMA_PRIVILEGES'),
    grants([raw('TABLE_SCHEMA'), raw('TABLE_NAME')], 'TABLE_PRIVILEGES'),
  ]
}

function foundOf(desired: MysqlUser, answer: Exclude<SqlAnswer, 'down'>): FoundUser | undefined {
  const mine = answer.rows('user').find(([user, host]) => user === desired.name && host === hostOf(desired))
  const [, , plugin = '', tls = '', stored = ''] = mine ?? []
  if (mine === undefined) return undefined
  const grants = new Map<string, Set<string>>()
  for (const [who, database = '', table = '', privilege = '', grantable] of answer.rows('grant')) {
    if (who !== grantee(desired)) continue
    const key = objectKey(database, table)
    const privileges = grants.get(key) ?? new Set()
    if (privilege !== 'USAGE') privileges.add(privilege)
    if (grantable === 'YES') privileges.add(GRANT_OPTION)
    if (privileges.size > 0) grants.set(key, privileges)
  }
  return {
    plugin,
    fits: fits(desired, plugin, Buffer.from(stored, 'hex')),
    tls: TLS[tls] ?? tls,
    grants: Object.fromEntries([...grants].map(([key, privileges]) => [key, [...privileges].sort()])),
  }
}

/** What is stored goes no further than here. */
const fits = ({ password }: MysqlUser, plugin: string, stored: Buffer): boolean =>
  password === undefined
    ? plugin === SOCKET && stored.length === 0
    : plugin === PASSWORD && holdsPassword(stored, reveal(password))

/** mysql.user's ssl_type. */
const TLS: Readonly<Record<string, string>> = { '': 'none', ANY: 'ssl', X509: 'x509' }

function loginFields(desired: MysqlUser, found: FoundUser | undefined): FieldChange[] {
  const tls = desired.tls ?? 'none'
  const plugin = pluginOf(desired)
  const password = desired.password !== undefined && found !== undefined && found.plugin === plugin && !found.fits
  return [
    ...(found?.plugin === plugin ? [] : [{ field: 'login', from: found?.plugin, to: plugin }]),
    ...(found === undefined && desired.password !== undefined ? [{ field: 'password', to: MASK }] : []),
    ...(password ? [{ field: 'password', from: MASK, to: CHANGED_MASK }] : []),
    ...(found?.plugin === SOCKET && plugin === SOCKET && !found.fits
      ? [{ field: 'socket login', from: 'as another user', to: `as ${desired.name}` }]
      : []),
    ...(tls === (found?.tls ?? 'none') ? [] : [{ field: 'tls', from: found?.tls, to: tls }]),
  ]
}

const changesOf = (desired: MysqlUser, found: FoundUser | undefined): GrantChange[] =>
  grantChanges(
    declared(desired.grants ?? []),
    new Map(Object.entries(found?.grants ?? {}).map(([key, privileges]) => [key, new Set(privileges)])),
  )

function statements({ desired, actual }: Change<MysqlUser, MysqlUserState>): Sql[] {
  const who = account(desired.name, hostOf(desired))
  if (desired.state === 'absent') return [sql`DROP USER IF EXISTS ${who}`]
  const found = actual === 'absent' ? undefined : actual.found
  const login = sql`IDENTIFIED WITH ${raw(pluginOf(desired))}${
    desired.password === undefined ? raw('') : sql` BY ${desired.password}`
  }`
  const tls = raw(` REQUIRE ${{ none: 'NONE', ssl: 'SSL', x509: 'X509' }[desired.tls ?? 'none']}`)
  const names = loginFields(desired, found).map(({ field }) => field)
  const alter = names.some((one) => one !== 'tls') ? [sql`ALTER USER ${who} ${login}${tls}`] : []
  const only = names.length === 1 && names[0] === 'tls' ? [sql`ALTER USER ${who}${tls}`] : []
  return [
    ...(found === undefined ? [sql`CREATE USER IF NOT EXISTS ${who} ${login}${tls}`] : [...alter, ...only]),
    ...grantStatements(changesOf(desired, found), who),
  ]
}
