import { joinScripts, rawScript, type Script, sh } from '../../../shell/script.ts'
import { askSql, runSql } from '../kinds/client.ts'
import { name as identifier, raw, sql } from '../kinds/sql.ts'

/** Seconds that running transactions get to end, and that replicas get for the last ones: writes wait meanwhile. */
const PAUSE = 10
/** Seconds for what a replica received from a lost primary to be applied. */
const APPLY = 60

const READ_ONLY = raw('SET GLOBAL super_read_only = ON')
const READ_WRITE = raw('SET GLOBAL super_read_only = OFF, GLOBAL read_only = OFF')

const tellExecuted = joinScripts([
  askSql('executed', raw("SELECT REPLACE(@@GLOBAL.gtid_executed, CHAR(10), '')")),
  rawScript('printf "@executed %s\\n" "$executed"'),
])

/** What `tellExecuted` printed. */
export const executedIn = (lines: readonly string[]): string =>
  lines
    .find((line) => line.startsWith('@executed'))
    ?.slice('@executed'.length)
    .trim() ?? ''

/** Waits for commits at work; a transaction that stays open keeps it from succeeding, and then nothing has changed. */
export const takesNoWrites: Script = joinScripts([
  runSql([raw(`SET SESSION lock_wait_timeout = ${PAUSE}`), READ_ONLY]),
  tellExecuted,
])

export const takesWrites: Script = runSql([READ_WRITE])

export const hasAll = (executed: string): Script =>
  executed === ''
    ? rawScript(':')
    : joinScripts([
        askSql('behind', sql`SELECT WAIT_FOR_EXECUTED_GTID_SET(${executed}, ${PAUSE})`),
        rawScript(`[ "$behind" = 0 ] || { echo "it lacks transactions after ${PAUSE} s"; exit 1; }`),
      ])

export const promote: Script = runSql([raw('STOP REPLICA'), raw('RESET REPLICA ALL'), READ_WRITE])

export const isReadOnly: Script = joinScripts([
  askSql('state', raw('SELECT @@GLOBAL.super_read_only')),
  rawScript('[ "$state" = 1 ]'),
])

/** A write of its own, which leaves nothing behind but two transactions. */
export const canary = (nonce: string): Script => {
  const database = identifier(`provision_canary_${nonce}`)
  return joinScripts([runSql([sql`CREATE DATABASE ${database}`, sql`DROP DATABASE ${database}`]), tellExecuted])
}

/** Nothing listens there any more, as seen from here. */
export const isSilent = (host: string, port: number): Script => sh`
  if timeout 5 bash -c 'exec 3<>"/dev/tcp/$1/$2"' - ${host} ${port} 2>/dev/null; then
    echo ${`port ${port} of ${host} still accepts connections from here: power it off first`}; exit 1
  fi`

/** A server that starts anew is read-only; it must not be in the middle of a start. */
export const stopped: Script = rawScript('systemctl stop mysql.service')

/** Gets nothing more from the lost primary, and applies what it got. */
export const applyRest: Script = joinScripts([
  runSql([raw('STOP REPLICA IO_THREAD')]),
  askSql(
    'behind',
    raw(
      `SELECT WAIT_FOR_EXECUTED_GTID_SET(RECEIVED_TRANSACTION_SET, ${APPLY}) FROM performance_schema.replication_connection_status WHERE CHANNEL_NAME = ''`,
    ),
  ),
  rawScript(`[ "$behind" = 0 ] || { echo "it could not apply what it received within ${APPLY} s"; exit 1; }`),
  tellExecuted,
])

export const receiveAgain: Script = runSql([raw('START REPLICA IO_THREAD')])
