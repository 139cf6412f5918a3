import { reveal } from '../../../masking/secret.ts'
import { BYTES, row, type SqlAnswer } from './client.ts'
import { GRANT_OPTION, objectKey } from './grants.ts'
import { holdsPassword } from './password.ts'
import type { Server } from './server.ts'
import { account, raw, type Sql, sql, text } from './sql.ts'
import type { MysqlUser } from './user-model.ts'

export const PASSWORD = 'caching_sha2_password'
export const SOCKET = 'auth_socket'

export interface MysqlUserState {
  readonly server: Server['role']
  /** Names of databases in grants stand for themselves; else they are patterns. */
  readonly partialRevokes: boolean
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
  /** Roles that it has, and accounts that it may act as: `'reports'@'%'`. */
  readonly roles: readonly string[]
  readonly proxies: readonly string[]
  /** What is not compared and a person should know: `locked`, `columns`. */
  readonly aside: readonly string[]
}

export const hostOf = ({ host }: MysqlUser): string => (host ?? '%').toLowerCase()

/** As information_schema writes an account: nothing in it is escaped. */
const grantee = (one: MysqlUser): string => `'${one.name}'@'${hostOf(one)}'`

export const userQueries = (all: readonly MysqlUser[]): Sql[] => {
  const accounts = raw(all.map((one) => sql`(${one.name}, ${hostOf(one)})`.sql).join(', '))
  const grantees = raw(all.map((one) => text(grantee(one)).sql).join(', '))
  const grants = (columns: readonly Sql[], table: string): Sql => {
    const all = row('grant', [raw('GRANTEE'), ...columns, raw('PRIVILEGE_TYPE'), raw('IS_GRANTABLE')])
    return sql`SELECT ${all} FROM ${raw(`information_schema.${table}`)} WHERE GRANTEE IN (${grantees})`
  }
  const columns = row('user', [...['User', 'Host', 'plugin', 'ssl_type'].map(raw), BYTES('authentication_string')])
  const others = (tag: string, names: readonly string[], table: string): Sql =>
    sql`SELECT ${row(tag, names.map(raw))} FROM ${raw(`mysql.${table}`)} WHERE (${raw(names.slice(0, 2).join(', '))}) IN (${accounts})`
  const aside = (what: string, table: string, condition = 'TRUE'): Sql =>
    sql`SELECT ${row('aside', [raw('User'), raw('Host'), text(what)])} FROM ${raw(`mysql.${table}`)} WHERE (User, Host) IN (${accounts}) AND ${raw(condition)}`
  return [
    sql`SELECT ${row('patterns', [raw('@@GLOBAL.partial_revokes')])}`,
    sql`SELECT ${columns} FROM mysql.user WHERE (User, Host) IN (${accounts})`,
    grants([text('*'), text('*')], 'USER_PRIVILEGES'),
    grants([raw('TABLE_SCHEMA'), text('*')], 'SCHEMA_PRIVILEGES'),
    grants([raw('TABLE_SCHEMA'), raw('TABLE_NAME')], 'TABLE_PRIVILEGES'),
    others('role', ['TO_USER', 'TO_HOST', 'FROM_USER', 'FROM_HOST'], 'role_edges'),
    others('proxy', ['User', 'Host', 'Proxied_user', 'Proxied_host'], 'proxies_priv'),
    aside('locked', 'user', "account_locked = 'Y'"),
    aside('expired', 'user', "password_expired = 'Y'"),
    aside('second password', 'user', "JSON_CONTAINS_PATH(User_attributes, 'one', '$.additional_password')"),
    aside('restrictions', 'user', "JSON_CONTAINS_PATH(User_attributes, 'one', '$.Restrictions')"),
    aside('columns', 'columns_priv'),
    aside('routines', 'procs_priv'),
  ]
}

export function userStateOf(desired: MysqlUser, { role }: Server, answer: Exclude<SqlAnswer, 'down'>): MysqlUserState {
  return {
    server: role,
    partialRevokes: answer.rows('patterns')[0]?.[0] === '1',
    found: role === 'replica' ? undefined : foundOf(desired, answer),
  }
}

function foundOf(desired: MysqlUser, answer: Exclude<SqlAnswer, 'down'>): FoundUser | undefined {
  const mine = (tag: string) =>
    answer.rows(tag).filter(([user, host]) => user === desired.name && host?.toLowerCase() === hostOf(desired))
  const [user] = mine('user')
  if (user === undefined) return undefined
  const [, , plugin = '', tls = '', stored = ''] = user
  const accounts = (tag: string) =>
    mine(tag)
      .map(([, , name = '', host = '']) => account(name, host).sql)
      .sort()
  return {
    plugin,
    fits: fits(desired, plugin, Buffer.from(stored, 'hex')),
    tls: TLS[tls] ?? tls,
    grants: grantsOf(desired, answer),
    roles: accounts('role'),
    proxies: accounts('proxy'),
    aside: [...new Set(mine('aside').map(([, , what = '']) => what))],
  }
}

function grantsOf(desired: MysqlUser, answer: Exclude<SqlAnswer, 'down'>): FoundUser['grants'] {
  const grants = new Map<string, Set<string>>()
  for (const [who, database = '', table = '', privilege = '', grantable] of answer.rows('grant')) {
    if (who !== grantee(desired)) continue
    const key = objectKey(database, table)
    const privileges = grants.get(key) ?? new Set()
    if (privilege !== 'USAGE') privileges.add(privilege)
    if (grantable === 'YES') privileges.add(GRANT_OPTION)
    if (privileges.size > 0) grants.set(key, privileges)
  }
  return Object.fromEntries([...grants].map(([key, privileges]) => [key, [...privileges].sort()]))
}

/** What is stored goes no further than here. */
const fits = ({ password }: MysqlUser, plugin: string, stored: Buffer): boolean =>
  password === undefined
    ? plugin === SOCKET && stored.length === 0
    : plugin === PASSWORD && holdsPassword(stored, reveal(password))

/** mysql.user's ssl_type. */
const TLS: Readonly<Record<string, string>> = { '': 'none', ANY: 'ssl', X509: 'x509' }

const NOTES: Readonly<Record<string, string>> = {
  locked: "it is locked (ACCOUNT LOCK) and can't log in",
  expired: 'its password is expired: it can do nothing before it sets another one',
  'second password': 'an older password of it is still valid (RETAIN CURRENT PASSWORD)',
  restrictions: 'some of its privileges are revoked for single databases (partial revokes), which are left alone',
  columns: 'it has privileges on columns, which are left alone',
  routines: 'it has privileges on routines, which are left alone',
}

/** Sentences about what was done to the account by hand and is no part of what is declared. */
export const userNotes = ({ aside }: FoundUser): string[] => aside.flatMap((what) => NOTES[what] ?? [])
