import { ProvisionError } from '../../../errors.ts'
import { joinScripts, rawScript, type Script } from '../../../shell/script.ts'
import { SESSION, type Sql } from './sql.ts'

/**
 * The client as root over the socket (auth_socket: no password anywhere). No option file, so that what an admin keeps
 * in ~/.my.cnf changes nothing; -r, since answers are hexadecimal and nothing is left to escape. SQL goes in on
 * standard input: it may hold secrets, and an argument vector is public. Source: mysql(1).
 */
const CLIENT = 'mysql --no-defaults -NBr -u root --protocol=socket --default-character-set=utf8mb4'

/**
 * Sends statements, in order; the first that fails ends the script, with the server's message. A syntax error quotes the
 * statement, and with it what may be a password in a spelling that nobody masks: that part is cut off.
 */
export function runSql(statements: readonly Sql[]): Script {
  return joinScripts([
    rawScript(`said=$(${heredoc(`${CLIENT} 2>&1`, statements)}\n) || {`),
    rawScript(`  printf '%s\\n' "$said" | ${UNQUOTED}`),
    rawScript('  exit 1'),
    rawScript('}'),
    rawScript(`[ -z "$said" ] || printf '%s\\n' "$said"`),
  ])
}

/** A filter for what the client says. Source: MySQL Error Message Reference, 1064. */
export const UNQUOTED = `sed "s/ near '.*/ near a part that is not shown/"`

/** A statement's answer in a shell variable, for scripts that wait for something. */
export function askSql(variable: string, statement: Sql, redirection = ''): Script {
  return rawScript(`${variable}=$(${heredoc(`${CLIENT} ${redirection}`.trim(), [statement])}\n)`)
}

const heredoc = (command: string, statements: readonly Sql[]): string =>
  [`${command} <<'PROVISION_SQL'`, ...lines(statements), 'PROVISION_SQL'].join('\n')

const lines = (statements: readonly Sql[]): string[] => [SESSION, ...statements].map((one) => `${one.sql};`)

/** A row of an answer: a tag, then each column in hexadecimal, so that no value can look like anything else. */
export function row(tag: string, columns: readonly Sql[]): Sql {
  const values = columns.map(({ sql }) => `COALESCE(CONCAT('=', HEX(CONVERT(${sql} USING utf8mb4))), '-')`)
  return { sql: [`'@${tag}'`, ...values].join(', ') }
}

/** As `row`, for a column of bytes. */
export const BYTES = (column: string): Sql => ({ sql: `HEX(${column})` })

/**
 * What a kind asks in its probe. Prints `@down` where no server answers: no client yet, no socket, starting up.
 */
export function probeSql(statements: readonly Sql[]): Script {
  return joinScripts([
    rawScript('command -v mysql >/dev/null 2>&1 || { echo @down; exit 0; }'),
    rawScript('exec 3>&1'),
    rawScript(`errors=$(${heredoc(`${CLIENT} 2>&1 >&3`, [VERSION, ...statements])}\n) || {`),
    rawScript('  case $errors in'),
    rawScript(`    ${DOWN.map((code) => `*"ERROR ${code} "*`).join(' | ')}) echo @down ;;`),
    rawScript('    *) printf "@error %s\\n" "$(printf %s "$errors" | base64 -w 0)" ;;'),
    rawScript('  esac'),
    rawScript('}'),
  ])
}

/** Asked first: what comes after it may be unknown to MariaDB. */
const VERSION: Sql = { sql: `SELECT ${row('version', [{ sql: '@@version' }]).sql}` }

/** No socket, nobody behind it, gone away, lost, shutting down. Source: MySQL Error Message Reference. */
const DOWN = [2002, 2003, 2006, 2013, 1053]

/** Another server, over the network. */
export interface Remote {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  /** Path of the CA on the host that asks; the peer's certificate must be for its address. */
  readonly sslCa: string
}

/**
 * Asks another server. The password comes to the client as an option file that is a pipe: it is in no argument, no
 * environment and on no disk. Prints the rows, or `@silent` with the client's message. Never fails.
 */
export function askPeer({ host, port, user, password, sslCa }: Remote, statement: Sql): Script {
  const client = 'timeout 8 mysql --defaults-file=/dev/fd/4 -NBr --connect-timeout=3 --default-character-set=utf8mb4'
  return rawScript(
    [
      'exec 3>&1',
      `errors=$(${client} 2>&1 >&3 3>&- <<'PROVISION_SQL' 4<<'PROVISION_OPTIONS'`,
      ...lines([statement]),
      'PROVISION_SQL',
      '[client]',
      `host=${optionValue(host)}`,
      `port=${port}`,
      `user=${optionValue(user)}`,
      `password=${optionValue(password)}`,
      'ssl-mode=VERIFY_IDENTITY',
      `ssl-ca=${optionValue(sslCa)}`,
      'PROVISION_OPTIONS',
      `) || printf '@silent %s\\n' "$(printf %s "$errors" | base64 -w 0)"`,
    ].join('\n'),
  )
}

/** A value in an option file. Source: Reference Manual, Using Option Files. */
export function optionValue(value: string): string {
  const escapes: Readonly<Record<string, string>> = {
    '\n': '\\n',
    '\r': '\\r',
    '\t': '\\t',
    '\b': '\\b',
    '\\': '\\\\',
    '"': '\\"',
  }
  return `"${[...value].map((char) => escapes[char] ?? char).join('')}"`
}

/** The rows of an answer by tag, decoded; undefined is SQL's NULL. `down`: no server answers. */
export type SqlAnswer = 'down' | { rows(tag: string): (string | undefined)[][] }

/** @throws ProvisionError with MySQL's own message, or when the answer is not what a probe prints */
export function parseSql(answer: string): SqlAnswer {
  const all = answer
    .split('\n')
    .filter((line) => line.startsWith('@'))
    .map((line) => line.split(/[\t ]/))
  const tagged = (tag: string) => all.filter((line) => line[0] === `@${tag}`).map((line) => line.slice(1))
  const version = decoded(tagged('version')[0]?.[0] ?? '-')
  if (version !== undefined && /mariadb/i.test(version)) throw mariaDb(version)
  const error = tagged('error')[0]?.[0]
  if (error !== undefined) throw refusal(Buffer.from(error, 'base64').toString('utf8').trim())
  if (tagged('down').length > 0) return 'down'
  return { rows: (tag) => tagged(tag).map((columns) => columns.map(decoded)) }
}

const decoded = (column: string): string | undefined =>
  column === '-' ? undefined : Buffer.from(column.slice(1), 'hex').toString('utf8')

const refusal = (message: string): ProvisionError =>
  new ProvisionError(`mysql: ${message}`, {
    code: 'probe',
    hint: /^ERROR (1045|1698)/.test(message)
      ? 'root@localhost must log in over the socket: ALTER USER root@localhost IDENTIFIED WITH auth_socket'
      : undefined,
  })

const mariaDb = (version: string): ProvisionError =>
  new ProvisionError(`this is MariaDB (${version}), not MySQL`, {
    code: 'probe',
    hint: 'its replication, accounts and clone are different: move the data to a MySQL server, or leave the role mysql out',
  })
