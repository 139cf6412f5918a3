import { reveal, type Secret } from '../../../masking/secret.ts'

/**
 * The only place that quotes for MySQL. What it makes is one line each, so that the client, which reads line by line,
 * never takes a part of a value for a command of its own (`delimiter`, a comment, a heredoc's end). It holds under
 * the session that {@link SESSION} sets: without NO_BACKSLASH_ESCAPES and ANSI_QUOTES, in utf8mb4.
 */
export interface Sql {
  readonly sql: string
}

/** What every script starts with; whatever sql_mode the server has, values then mean what they say. */
export const SESSION: Sql = { sql: "SET NAMES utf8mb4, SESSION sql_mode = 'TRADITIONAL', autocommit = 1" }

type Value = string | number | Secret | Sql | readonly Sql[]

const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\b': '\\b',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\x1a': '\\Z',
  '\\': '\\\\',
  "'": "''",
}

/**
 * A string literal that stands for exactly this text.
 * Source: Reference Manual, String Literals, table "Special Character Escape Sequences".
 */
export function text(value: string): Sql {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to be escaped
  return { sql: `'${value.replaceAll(/[\0\b\n\r\t\x1a\\']/g, (char) => ESCAPES[char] ?? char)}'` }
}

/**
 * A quoted identifier: a database, a table, a variable.
 * @throws RangeError for what no identifier can be (Reference Manual, Schema Object Names)
 */
export function name(value: string): Sql {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: MySQL takes some of them, the client may not
  if (value === '' || /[\0-\x1f\x7f]|[^\0-\uffff]|\s$/u.test(value) || [...value].length > 64) {
    throw new RangeError(`${JSON.stringify(value)} can't be the name of anything in MySQL`)
  }
  return { sql: `\`${value.replaceAll('`', '``')}\`` }
}

/** `'user'@'host'`. */
export function account(user: string, host: string): Sql {
  return { sql: `${text(user).sql}@${text(host).sql}` }
}

/** Privileges, keywords, numbers with a sign: known to be SQL. */
export function raw(sql: string): Sql {
  return { sql }
}

/** A statement from a template: strings and secrets become literals, numbers and SQL stand as they are. */
export function sql(template: TemplateStringsArray, ...values: readonly Value[]): Sql {
  const parts = template.map((chunk, i) => {
    const value = values[i]
    return value === undefined ? chunk : chunk + render(value)
  })
  return {
    sql: parts.join('').replaceAll(/\s*\n\s*/g, ' '),
  }
}

const isSql = (value: Value): value is Sql => typeof value === 'object' && 'sql' in value
const isList = (value: Value): value is readonly Sql[] => Array.isArray(value)

const render = (value: Value): string => {
  if (typeof value === 'string') return text(value).sql
  if (typeof value === 'number') return String(value)
  if (isList(value)) return value.map((one) => one.sql).join(', ')
  return isSql(value) ? value.sql : text(reveal(value)).sql
}

/** `('a'), ('b')`-like lists of literals for IN. A name that nothing has stands for the empty list. */
export function list(values: readonly string[]): Sql {
  return { sql: (values.length === 0 ? [''] : values).map((value) => text(value).sql).join(', ') }
}
