import { joinScripts, rawScript, type Script, sh } from '../../../shell/script.ts'
import { askSql, row } from './client.ts'
import { raw, type Sql, sql, text } from './sql.ts'
import type { MysqlVariable } from './variable-model.ts'
import { isAtStart } from './variable-start.ts'
import { literal, optionText } from './variable-value.ts'

/**
 * What the server made of declared values that it keeps in another form (rounded, an alias spelled out, a number for a
 * name, cut down to what the host has), as rows of an answer. Only who has set one can know that it is the same.
 */
export const GIVEN = '/var/lib/provision/mysql-variables'

export interface VariableWork {
  readonly desired: MysqlVariable
  /** The running server has another value. */
  readonly set: boolean
  /** What it keeps for its next start by itself differs. */
  readonly keep: boolean
  /** The server may be restarted for it. */
  readonly mayRestart: boolean
}

/** sh that sets variables; safe to run twice. What only a start sets is waiting until the end. */
export function applyVariables(all: readonly VariableWork[]): Script {
  const set = all.filter((one) => one.set)
  const isWaiting = ({ desired: { name } }: VariableWork) => isAtStart(name)
  return joinScripts([
    rawScript('refused() { printf "%s\\n" "$answer"; exit 1; }'),
    ...(set.length > 0 ? [REMEMBER, STARTED] : []),
    ...all.filter(({ keep }) => keep).map(({ desired }) => keepValue(desired)),
    rawScript('waiting=" "'),
    ...set.map((one) => (isWaiting(one) ? waits(one.desired) : setNow(one.desired))),
    rawScript('pending() {\npending='),
    ...set.map(({ desired }) => stillWaits(desired)),
    rawScript('}\npending\nif [ -n "$pending" ]; then'),
    all.every(({ mayRestart }) => mayRestart) ? RESTART : REFUSE,
    rawScript('fi'),
  ])
}

const waits = ({ name }: MysqlVariable): Script => sh`waiting="$waiting"${name}" "`

/**
 * Without the strict mode of the session: with it, a number that the server would round is an error, though it takes the
 * same number from an option file. What is out of its range was refused before.
 */
const setNow = (desired: MysqlVariable): Script => {
  const { name, value } = desired
  const statement = raw(`SET SESSION sql_mode = ''; ${sql`SET GLOBAL ${raw(name)} = ${literal(value)}`.sql}`)
  return joinScripts([
    rawScript(`if ${askSql('answer', statement, '2>&1').sh}; then`),
    remember(desired),
    // Read-only, or of a plugin that is not loaded.
    rawScript('else\ncase $answer in *"ERROR 1238 "* | *"ERROR 1193 "*) ;; *) refused ;; esac'),
    waits(desired),
    rawScript('fi'),
  ])
}

/** A server that was started with the declared value has it, whatever it made of it. */
const stillWaits = (desired: MysqlVariable): Script => {
  const { name, value } = desired
  const declared = optionText(value)
  return joinScripts([
    sh`case $waiting in *" "${name}" "*) if started ${name.replaceAll('_', '[-_]')} ${declared}; then`,
    askSql('source', sql`SELECT VARIABLE_SOURCE FROM performance_schema.variables_info WHERE VARIABLE_NAME = ${name}`),
    rawScript('case $source in GLOBAL | SERVER | EXPLICIT | EXTRA | USER | COMPILED) ;; *) source= ;; esac'),
    rawScript('else source=; fi'),
    rawScript('if [ -n "$source" ]; then'),
    remember(desired),
    sh`else pending="$pending "${`${name}=${declared}`}; fi ;; esac`,
  ])
}

const remember = ({ name, value }: MysqlVariable): Script => {
  const declared = optionText(value)
  const columns = row('given', [text(name), text(declared), raw('VARIABLE_VALUE')])
  const statement: Sql = sql`SELECT VARIABLE_VALUE = ${declared}, ${columns} FROM performance_schema.global_variables WHERE VARIABLE_NAME = ${name}`
  return joinScripts([askSql('given', statement), sh`remember ${Buffer.from(name).toString('hex').toUpperCase()}`])
}

/** Keeps the row of `$given` in place of an older one, unless declared and live are the same text. */
const REMEMBER = rawScript(
  [
    'remember() {',
    `  kept=$(grep -v "^@given\t=$1\t" ${GIVEN} 2>/dev/null || :)`,
    '  case $given in 0*) kept="$kept',
    '${given#*\t}" ;; esac',
    `  (umask 077; mkdir -p /var/lib/provision; printf '%s\\n' "$kept" | sed '/^$/d' >${GIVEN}.tmp)`,
    `  mv -f -- ${GIVEN}.tmp ${GIVEN}`,
    '}',
  ].join('\n'),
)

/**
 * Whether the option files give this name this value, and are older than the running server: then its start had it.
 */
const STARTED = joinScripts([
  rawScript('started() {'),
  rawScript(
    `  [ "$(my_print_defaults mysqld server 2>/dev/null | sed -n "s/^--\\(loose[-_]\\)\\{0,1\\}$1=//p" | tail -n 1)" = "$2" ] || return 1`,
  ),
  askSql(
    'since',
    raw(
      "SELECT CAST(UNIX_TIMESTAMP() - VARIABLE_VALUE AS SIGNED) + 1 FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Uptime'",
    ),
  ),
  rawScript('  [ -z "$(find -L /etc/mysql -name "*.cnf" -newermt "@$since" 2>/dev/null)" ]'),
  rawScript('}'),
])

const keepValue = ({ name, value, persist }: MysqlVariable): Script => {
  const statement = persist
    ? sql`SET PERSIST_ONLY ${raw(name)} = ${literal(value)}`
    : sql`RESET PERSIST IF EXISTS ${raw(name)}`
  return rawScript(`${askSql('answer', statement, '2>&1').sh} || refused`)
}

/** Type=notify: systemctl comes back when the server takes connections. Replication goes on by itself. */
const RESTART = rawScript('echo "restarting mysqld for$pending"; systemctl restart -- mysql.service\npending')

const REFUSE = rawScript(
  [
    'echo "not in use before the next start of mysqld:$pending"',
    'echo "provision restarts replicas where mysql_restart_replicas says so, and never a primary. When the moment is right:"',
    'echo "  run with --switchover-to HOST, or: systemctl restart mysql (it comes back read-only; the next run makes the primary writable)"',
    'exit 1',
  ].join('\n'),
)
