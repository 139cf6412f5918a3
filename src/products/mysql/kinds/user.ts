import { CHANGED_MASK, MASK, reveal } from '../../../masking/secret.ts'
import { constructorOf } from '../../../resources/constructor.ts'
import type { Change, FieldChange, ResourceKind } from '../../../resources/resource.ts'
import { parseSql, probeSql, runSql } from './client.ts'
import { declared, type GrantChange, grantChanges, grantStatements } from './grants.ts'
import { hasYetToJoin, isServerData, serverOf, serverQuery } from './server.ts'
import { account, raw, type Sql, sql } from './sql.ts'
import { MYSQL_USER, type MysqlUser } from './user-model.ts'
import {
  type FoundUser,
  hostOf,
  type MysqlUserState,
  PASSWORD,
  SOCKET,
  userNotes,
  userQueries,
  userStateOf,
} from './user-state.ts'

const pluginOf = ({ password }: MysqlUser): string => (password === undefined ? SOCKET : PASSWORD)

/** Accounts live where the writes go; `unknown` until the server has its place. */
export const mysqlUserKind: ResourceKind<MysqlUser, MysqlUserState> = {
  kind: 'mysql-user',
  key: (desired) => `${desired.name}@${hostOf(desired)}`,
  affects: isServerData,
  probe: (all) => probeSql([serverQuery, ...userQueries(all)]),
  parse({ own }, all) {
    const rows = parseSql(own)
    const server = rows === 'down' ? undefined : serverOf(rows)
    return new Map(
      all.map((one) => [
        mysqlUserKind.key(one),
        rows === 'down' || server === undefined || server.role === 'undecided' || hasYetToJoin(server, one)
          ? 'unknown'
          : userStateOf(one, server, rows),
      ]),
    )
  },
  diff(desired, actual) {
    if (actual !== 'absent' && actual.server === 'replica') return undefined
    const found = actual === 'absent' ? undefined : actual.found
    if (desired.state === 'absent') {
      return found && { action: 'delete', desired, actual, fields: [{ field: 'login', from: found.plugin }] }
    }
    const fields = [
      ...loginFields(desired, found),
      ...changesOf(desired, actual).map((change) => change.field),
      ...(found?.roles.length ? [{ field: 'roles', from: found.roles.join(', ') }] : []),
      ...(found?.proxies.length ? [{ field: 'proxy for', from: found.proxies.join(', ') }] : []),
    ]
    if (found === undefined) return { action: 'create', desired, actual, fields }
    return fields.length === 0 ? undefined : { action: 'update', desired, actual, fields }
  },
  notes: (desired, actual) =>
    actual === 'absent' || actual.found === undefined || desired.state === 'absent' ? [] : userNotes(actual.found),
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

function changesOf(desired: MysqlUser, actual: MysqlUserState | 'absent'): GrantChange[] {
  const { found, partialRevokes } = actual === 'absent' ? {} : actual
  const literal = desired.partialRevokes ?? partialRevokes ?? false
  const granted = Object.entries(found?.grants ?? {})
  return grantChanges(
    declared(desired.grants ?? [], literal),
    new Map(granted.map(([key, privileges]) => [key, new Set(privileges)])),
    literal,
  )
}

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
    ...grantStatements(changesOf(desired, actual), who),
    ...(found?.roles ?? []).map((role) => sql`REVOKE IF EXISTS ${raw(role)} FROM ${who}`),
    ...(found?.proxies ?? []).map((other) => sql`REVOKE IF EXISTS PROXY ON ${raw(other)} FROM ${who}`),
  ]
}
