import { joinScripts, rawScript, type Script, sh } from '../../../shell/script.ts'
import { askSql, runSql, UNQUOTED } from './client.ts'
import type { MysqlReplication } from './replication-state.ts'
import type { ReplicationVerdict, Source } from './replication-verdict.ts'
import { raw, type Sql, sql } from './sql.ts'

/** Seconds for a source and its replica to shake hands. */
const CONNECT = 30
const CATCH_UP = 120

const READ_ONLY = sql`SET GLOBAL super_read_only = ON`
const READ_WRITE = sql`SET GLOBAL super_read_only = OFF, GLOBAL read_only = OFF`

/** sh that does what the verdict says; safe to run twice. */
export function applyVerdict(desired: MysqlReplication, verdict: ReplicationVerdict): Script {
  switch (verdict.do) {
    case 'nothing':
      return rawScript(':')
    case 'refuse':
      return sh`
        printf 'provision: refused: %s\nprovision: %s\n' ${verdict.why} ${verdict.hint}
        exit 1
      `
    case 'promote':
      return takeWrites()
    case 'repair':
      return joinScripts([
        runSql([READ_ONLY, ...channel(desired, verdict.source)]),
        running,
        caughtUp(desired, verdict.source),
      ])
    case 'follow':
      return joinScripts([
        ...(verdict.clone ? [cloned(desired, verdict.source)] : []),
        // A source that was replaced by a clone left its channel behind.
        runSql([READ_ONLY, raw('STOP REPLICA'), raw('RESET REPLICA ALL'), ...channel(desired, verdict.source)]),
        running,
        caughtUp(desired, verdict.source),
      ])
  }
}

/** Never RESET BINARY LOGS: what a server has executed is the only proof of what it holds. */
const channel = ({ user, password, sslCa }: MysqlReplication, { host, port }: Source): Sql[] => [
  raw('STOP REPLICA'),
  sql`CHANGE REPLICATION SOURCE TO SOURCE_HOST = ${host}, SOURCE_PORT = ${port}, SOURCE_USER = ${user},
    SOURCE_PASSWORD = ${password ?? ''}, SOURCE_AUTO_POSITION = 1, SOURCE_SSL = 1, SOURCE_SSL_CA = ${sslCa},
    SOURCE_SSL_VERIFY_SERVER_CERT = 1, SOURCE_CONNECT_RETRY = 10, SOURCE_RETRY_COUNT = 0`,
  raw('START REPLICA'),
]

const THREADS = raw(
  "SELECT CONCAT(s.SERVICE_STATE, '/', a.SERVICE_STATE) FROM performance_schema.replication_connection_status s JOIN performance_schema.replication_applier_status a USING (CHANNEL_NAME) WHERE s.CHANNEL_NAME = ''",
)
const ERRORS = raw(
  "SELECT LAST_ERROR_MESSAGE FROM performance_schema.replication_connection_status WHERE CHANNEL_NAME = '' AND LAST_ERROR_NUMBER <> 0 UNION ALL SELECT LAST_ERROR_MESSAGE FROM performance_schema.replication_applier_status_by_coordinator WHERE CHANNEL_NAME = '' AND LAST_ERROR_NUMBER <> 0 UNION ALL SELECT LAST_ERROR_MESSAGE FROM performance_schema.replication_applier_status_by_worker WHERE CHANNEL_NAME = '' AND LAST_ERROR_NUMBER <> 0",
)

/** Both threads run, twice in a row: one that fails at its first transaction has been ON before. */
const running: Script = joinScripts([
  rawScript('tries=0 good=0'),
  rawScript('while [ "$good" -lt 2 ]; do'),
  askSql('state', THREADS),
  rawScript(
    [
      'if [ "$state" = ON/ON ]; then good=$((good + 1)); else good=0; fi',
      'tries=$((tries + 1))',
      `if [ "$tries" -gt ${CONNECT * 2} ]; then`,
      '  echo "provision: replication does not run: receiver/applier $state"',
    ].join('\n'),
  ),
  runSql([ERRORS]),
  rawScript('  exit 1\nfi\nsleep 0.5\ndone'),
])

const caughtUp = ({ catchUp = CATCH_UP }: MysqlReplication, { executed }: Source): Script =>
  executed === undefined || executed === ''
    ? rawScript(':')
    : joinScripts([
        askSql('behind', sql`SELECT WAIT_FOR_EXECUTED_GTID_SET(${executed}, ${catchUp})`),
        rawScript(
          `[ "$behind" = 0 ] || { echo "provision: it runs, but did not catch up with its source within ${catchUp} s"; exit 1; }`,
        ),
      ])

/** sh that makes a server writable; it fails where the server follows another. */
export const takeWrites = (): Script => joinScripts([stillAlone, runSql([READ_WRITE])])

/** The plan is a moment old: a server that follows somebody by now must not become writable. */
const stillAlone: Script = joinScripts([
  askSql(
    'source',
    raw(
      "SELECT COALESCE(MAX(HOST), '') FROM performance_schema.replication_connection_configuration WHERE CHANNEL_NAME = ''",
    ),
  ),
  rawScript('[ -z "$source" ] || { echo "provision: it replicates from $source by now"; exit 1; }'),
])

/**
 * Replaces all data by the source's. The server ends itself when it is done and systemd starts it (MYSQLD_PARENT_PID in
 * the unit), so the client's connection is lost in any case: what counts is what the new process says of the clone.
 * While it runs the server must not be read-only (error 1290); until it has run it is made so again.
 */
const cloned = ({ clone, sslCa }: MysqlReplication, { host, port }: Source): Script => {
  if (clone === undefined) return rawScript('echo "provision: there is no account to clone with"; exit 1')
  const copy = sql`CLONE INSTANCE FROM ${raw(sql`${clone.user}@${host}`.sql)}:${port} IDENTIFIED BY ${clone.password} REQUIRE SSL`
  return joinScripts([
    rawScript('closed() {'),
    runSql([READ_ONLY]),
    rawScript('}'),
    rawScript('trap "closed || :" EXIT'),
    askSql('plugin', raw("SELECT COUNT(*) FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'clone'")),
    runSql([raw('STOP REPLICA'), READ_WRITE]),
    rawScript('if [ "$plugin" = 0 ]; then'),
    runSql([raw("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")]),
    rawScript('fi'),
    rawScript(`before=$(${PID})`),
    rawScript('status=0'),
    rawScript(
      `${
        askSql(
          'said',
          raw(
            [
              sql`SET GLOBAL clone_valid_donor_list = ${`${host}:${port}`}, GLOBAL clone_ssl_ca = ${sslCa}`.sql,
              copy.sql,
            ].join('; '),
          ),
          '2>&1',
        ).sh
      } || status=$?`,
    ),
    rawScript(
      [
        // Lost or ending: it got as far as its restart. Anything else is a refusal, and the data is what it was.
        'case $status:$said in',
        '0:* | *"ERROR 2013 "* | *"ERROR 2006 "* | *"ERROR 3707 "* | *"ERROR 1053 "*) ;;',
        `*) printf "%s\\n" "$said" | ${UNQUOTED}; exit 1 ;;`,
        'esac',
        'tries=0',
        `until [ "$(${PID})" != "$before" ] && mysqladmin --no-defaults -u root ping >/dev/null 2>&1; do`,
        '  tries=$((tries + 1))',
        '  [ "$tries" -le 240 ] || { echo "provision: mysqld did not come back after the clone"; exit 1; }',
        // Where it is not set to start by itself (3707) it is stopped by now.
        '  case $(systemctl show -p ActiveState --value mysql.service) in',
        '  inactive | failed) systemctl reset-failed mysql.service || :; systemctl start mysql.service ;;',
        '  esac',
        '  sleep 0.5',
        'done',
      ].join('\n'),
    ),
    askSql('done', raw("SELECT CONCAT(STATE, ' ', ERROR_NO, ' ', ERROR_MESSAGE) FROM performance_schema.clone_status")),
    rawScript('case $done in Completed*) ;; *) echo "provision: the clone ended as: $done"; exit 1 ;; esac'),
    rawScript('trap - EXIT'),
  ])
}

const PID = 'systemctl show -p MainPID --value mysql.service'
