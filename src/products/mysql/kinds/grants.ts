import type { FieldChange } from '../../../resources/resource.ts'
import type { FieldSchema, FieldsOf } from '../../../schemas/fields.ts'
import { name, raw, type Sql, sql } from './sql.ts'

const GRANT = {
  type: 'object',
  additionalProperties: false,
  required: ['on', 'privileges'],
  properties: {
    on: {
      description: '`*.*`, `shop.*` or `shop.orders`. Names stand for themselves: `_` and `%` are no wildcards.',
      type: 'string',
    },
    privileges: {
      description: 'In words of GRANT: SELECT, INSERT, REPLICATION SLAVE, BACKUP_ADMIN; ALL on a database or a table.',
      type: 'array',
      items: { type: 'string' },
    },
    grantOption: { description: 'May pass on what it has.', type: 'boolean' },
  },
} as const

export const GRANTS = {
  description:
    'All that it may do with databases and tables; what is not listed is revoked, roles and PROXY too. Columns and routines are left alone.',
  type: 'array',
  items: GRANT,
  optional: true,
} as const satisfies FieldSchema

/** What an account may do with one object. */
export type Grant = NonNullable<FieldsOf<{ grants: typeof GRANTS }>['grants']>[number]

/** Privileges by object, in the server's own terms; `GRANT OPTION` is one of them. Objects are `["shop","*"]`. */
export type Privileges = ReadonlyMap<string, ReadonlySet<string>>

export const GRANT_OPTION = 'GRANT OPTION'

/** Those of a table, and of a whole database. Source: Reference Manual, GRANT Statement, "Permissible Privileges". */
const ON_TABLE = [
  ...['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP'],
  ...['REFERENCES', 'INDEX', 'ALTER', 'CREATE VIEW', 'SHOW VIEW', 'TRIGGER'],
]
const ON_DATABASE = [
  ...ON_TABLE,
  ...['CREATE TEMPORARY TABLES', 'LOCK TABLES', 'EXECUTE', 'CREATE ROUTINE', 'ALTER ROUTINE', 'EVENT'],
]

/** Database as it is stored (a pattern: wildcards in it are escaped) and table, `*` for all. */
export const objectKey = (database: string, table: string): string => JSON.stringify([database, table])

interface Place {
  readonly database: string
  readonly table: string
}

const placeOf = (key: string): Place => {
  const [database, table]: unknown[] = JSON.parse(key)
  return { database: String(database), table: String(table) }
}

/** `shop.*`, as people write it; what is stored otherwise than this server would read it is told apart. */
const shown = (key: string, literal: boolean): string => {
  const { database, table } = placeOf(key)
  if (table !== '*' || literal) return `${database}.${table}`
  const isPattern = /(?<!\\)[_%]/.test(database)
  return `${database.replaceAll(/\\([_%])/g, '$1')}.${table}${isPattern ? ' (a pattern)' : ''}`
}

/**
 * What is declared, in the server's terms: ALL spelled out, several entries for one object made one.
 * @param literal the server has partial_revokes: it takes names of databases as they are stored, and not as patterns.
 * Source: Reference Manual, GRANT Statement, "Object Quoting Guidelines"
 * @throws RangeError for what GRANT would not take
 */
export function declared(grants: readonly Grant[], literal = false): Privileges {
  const wanted = new Map<string, Set<string>>()
  for (const grant of grants) {
    const key = keyOf(grant.on, literal)
    const privileges = wanted.get(key) ?? new Set()
    wanted.set(key, privileges)
    for (const privilege of grant.privileges.flatMap((one) => spelledOut(one, key, literal))) privileges.add(privilege)
    if (grant.grantOption) privileges.add(GRANT_OPTION)
  }
  return wanted
}

const keyOf = (on: string, literal: boolean): string => {
  const [, database, table] = /^([^.`]+)\.([^.`]+)$/.exec(on) ?? []
  if (database === undefined || table === undefined || (database === '*' && table !== '*')) {
    throw new RangeError(`grants on ${JSON.stringify(on)}: it is *.*, DATABASE.* or DATABASE.TABLE`)
  }
  for (const part of [database, table]) if (part !== '*') name(part)
  // Only for whole databases is the name a pattern.
  return objectKey(
    table === '*' && database !== '*' && !literal ? database.replaceAll(/[_%]/g, '\\$&') : database,
    table,
  )
}

function spelledOut(word: string, key: string, literal: boolean): string[] {
  const privilege = word.trim().replaceAll(/\s+/g, ' ').toUpperCase()
  const { database, table } = placeOf(key)
  const possible = database === '*' ? undefined : table === '*' ? ON_DATABASE : ON_TABLE
  const wrong = (why: string) => new RangeError(`grants on ${shown(key, literal)}: ${word} ${why}`)
  if (privilege === 'ALL' || privilege === 'ALL PRIVILEGES') {
    if (possible) return [...possible]
    throw wrong('would be more with each version: name what is needed')
  }
  if (privilege === 'USAGE') return []
  if (privilege === GRANT_OPTION || privilege === 'PROXY') throw wrong('is not declared so')
  if (!/^[A-Z][A-Z_ ]*$/.test(privilege)) throw wrong('is no privilege')
  if (possible && !possible.includes(privilege)) throw wrong('is a privilege for *.* only, or none at all')
  return [privilege]
}

export interface GrantChange {
  readonly key: string
  readonly missing: readonly string[]
  readonly surplus: readonly string[]
  readonly field: FieldChange
}

/** What differs, object by object. */
export function grantChanges(wanted: Privileges, actual: Privileges, literal = false): GrantChange[] {
  const keys = [...new Set([...wanted.keys(), ...actual.keys()])]
  return keys.flatMap((key) => {
    const to = wanted.get(key) ?? new Set()
    const from = actual.get(key) ?? new Set()
    const missing = [...to].filter((one) => !from.has(one))
    const surplus = [...from].filter((one) => !to.has(one))
    if (missing.length + surplus.length === 0) return []
    const field = { field: `grants on ${shown(key, literal)}`, from: words(from), to: words(to) }
    return [{ key, missing, surplus, field }]
  })
}

const words = (privileges: ReadonlySet<string>): string | undefined =>
  privileges.size === 0 ? undefined : [...privileges].sort().join(', ')

/** Given first and taken away then, so that no statement finds the account with less than it shall have. */
export function grantStatements(changes: readonly GrantChange[], account: Sql): Sql[] {
  const grants = changes
    .filter(({ missing }) => missing.length > 0)
    .map(({ key, missing }) => {
      const privileges = missing.filter((one) => one !== GRANT_OPTION)
      const option = raw(missing.includes(GRANT_OPTION) ? ' WITH GRANT OPTION' : '')
      return sql`GRANT ${raw(privileges.join(', ') || 'USAGE')} ON ${target(key)} TO ${account}${option}`
    })
  const revokes = changes
    .filter(({ surplus }) => surplus.length > 0)
    // IF EXISTS (8.0.30): a second run of the same script finds nothing left to revoke.
    .map(({ key, surplus }) => sql`REVOKE IF EXISTS ${raw(surplus.join(', '))} ON ${target(key)} FROM ${account}`)
  return [...grants, ...revokes]
}

const target = (key: string): Sql => {
  const { database, table } = placeOf(key)
  if (database === '*') return raw('*.*')
  return raw(`${name(database).sql}.${table === '*' ? '*' : name(table).sql}`)
}
