import type { CheckPlace } from '../../rollout/checks.ts'
import { NEVER, type RolloutStep } from '../../rollout/step.ts'
import type { FieldSchema } from '../../schemas/fields.ts'
import { givenTo } from '../../schemas/given.ts'
import { joinScripts, rawScript, type Script, sh } from '../../shell/script.ts'
import { askSql } from './kinds/client.ts'
import { ACCOUNTS, DATABASES, FOLLOWS } from './kinds/server.ts'
import { raw } from './kinds/sql.ts'

/** A MySQL server that is one of a group. */
export interface MysqlServer {
  /** The other servers of the group. */
  readonly others: readonly string[]
  /** How a primary is relieved, in words: told where one would have to be taken out. */
  readonly relief: string
  /** Seconds that a replica may take to catch up. Default 120. */
  readonly timeout?: number | undefined
}

export const MYSQL_SERVER = {
  others: { description: 'The other servers of the group.', type: 'array', items: { type: 'string' } },
  relief: {
    description: 'How a primary is relieved, in words: told where one would have to be taken out.',
    type: 'string',
  },
  timeout: { description: 'Seconds that a replica may take to catch up.', type: 'number', default: 120 },
} as const satisfies Record<keyof MysqlServer, FieldSchema>

const checkServer = givenTo('mysqlServer', MYSQL_SERVER)

export interface MysqlSteps {
  readonly preflight: RolloutStep
  readonly drain: RolloutStep
  readonly gate: RolloutStep
  /** Asked of the others. */
  readonly peersGate: RolloutStep
}

/**
 * What stands around a change that stops a server of a group for a moment. Only a replica may be stopped; the one that
 * takes the writes is refused until another one does.
 */
export function mysqlServer(server: MysqlServer): MysqlSteps {
  checkServer(server)
  const { others, relief, timeout = 120 } = server
  return {
    preflight: { name: 'the other databases are well', on: others, until: isWellOrBlank(), timeout: 20 },
    drain: {
      name: 'it takes no writes',
      until: joinScripts([
        askSql('role', raw(`SELECT IF(${FOLLOWS}, 'replica', IF(@@GLOBAL.super_read_only, 'read-only', 'writable'))`)),
        sh`if [ "$role" = writable ]; then echo ${`it is the primary: ${relief}`}; exit ${NEVER}; fi`,
      ]),
      timeout: 0,
    },
    gate: mysqlReplicates({ timeout }),
    peersGate: {
      name: 'no other database was pushed out of replication',
      on: others,
      until: isNotPushedOut,
      timeout: 0,
      // One that is away can't be asked, and is not to stop the others.
      onTimeout: 'continueIfUnanswered',
    },
  }
}

/**
 * A server that is not set up yet is nobody's: it must not stand in the way of the one that is to be its source, as where the
 * first run of a group broke off.
 */
const isWellOrBlank = (): Script =>
  joinScripts([
    rawScript('command -v mysql >/dev/null 2>&1 || exit 0'),
    rawScript(
      `${
        askSql(
          'blank',
          raw(`SELECT IF(@@GLOBAL.super_read_only AND NOT ${FOLLOWS} AND ${DATABASES} + ${ACCOUNTS} = 0, 'yes', 'no')`),
          '2>/dev/null',
        ).sh
      } || blank=no`,
    ),
    rawScript('if [ "$blank" = yes ]; then exit 0; fi'),
    isWell(10),
  ])

/**
 * A source sends to one replica of each server_uuid and server_id: a second one pushes the first out, whose receiver then
 * stays off, and looks well itself. One that runs no server has nothing to lose; what is old was there before. Source:
 * seen on 9.7, error 13114 of the receiver, from the source's 1236.
 */
const isNotPushedOut: Script = joinScripts([
  rawScript('command -v mysql >/dev/null 2>&1 || exit 0'),
  rawScript(
    `${
      askSql(
        'lost',
        raw(
          "SELECT LAST_ERROR_MESSAGE FROM performance_schema.replication_connection_status WHERE CHANNEL_NAME = '' AND SERVICE_STATE <> 'ON' AND LAST_ERROR_MESSAGE LIKE '%same server_uuid/server_id%' AND LAST_ERROR_TIMESTAMP > NOW(6) - INTERVAL 5 MINUTE",
        ),
        '2>/dev/null',
      ).sh
    } || exit 0`,
  ),
  rawScript(`if [ -n "$lost" ]; then printf '%s\n' "$lost"; exit ${NEVER}; fi`),
])

/**
 * A server does its part in its group: it is writable, or a replica whose threads run without an error and that has
 * caught up. What the source still has to send can't be seen from here; but it sends what it has without a pause, so a
 * replica is up to date when what it got last was young, or when nothing came for a moment. Source: Reference Manual,
 * replication_connection_status, WAIT_FOR_EXECUTED_GTID_SET.
 * @param place where it is asked; default: the host itself, within 30 seconds
 */
export function mysqlReplicates(
  place: CheckPlace & { readonly maxLag?: number | undefined } = {},
): RolloutStep & { readonly until: Script } {
  const { maxLag = 10 } = place
  return {
    name: place.name ?? 'it is writable, or replicates and has caught up',
    on: place.on,
    until: isWell(maxLag),
    timeout: place.timeout ?? 30,
  }
}

/** Seconds without a transaction after which the stream counts as idle, and for which one waits for the applier. */
const IDLE = 2
const APPLY = 5

const isWell = (maxLag: number): Script =>
  joinScripts([
    askSql('state', raw(`SELECT IF(${FOLLOWS}, 'replica', IF(@@GLOBAL.super_read_only, 'read-only', 'writable'))`)),
    rawScript(
      [
        'case $state in',
        'writable) exit 0 ;;',
        'read-only) echo "it is read-only and replicates from nobody"; exit 1 ;;',
        'esac',
      ].join('\n'),
    ),
    askSql('threads', raw(`SELECT CONCAT(s.SERVICE_STATE, '/', a.SERVICE_STATE) ${FROM}`)),
    askSql('error', raw(ERRORS)),
    rawScript(
      [
        'if [ "$threads" != ON/ON ]; then',
        '  echo "replication does not run (receiver/applier $threads)${error:+: $error}"; exit 1',
        'fi',
        'if [ -n "$error" ]; then echo "$error"; exit 1; fi',
      ].join('\n'),
    ),
    askSql('late', raw(`SELECT IF(${IS_CURRENT(maxLag)}, '', 'yes') ${FROM}`)),
    rawScript('if [ -n "$late" ]; then echo "it still gets what its source had while it was away"; exit 1; fi'),
    askSql('behind', raw(`SELECT WAIT_FOR_EXECUTED_GTID_SET(s.RECEIVED_TRANSACTION_SET, ${APPLY}) ${FROM}`)),
    rawScript('if [ "$behind" != 0 ]; then echo "it has not yet applied what it received"; exit 1; fi'),
  ])

const FROM =
  "FROM performance_schema.replication_connection_status s JOIN performance_schema.replication_applier_status a USING (CHANNEL_NAME) WHERE s.CHANNEL_NAME = ''"

const IS_CURRENT = (maxLag: number): string =>
  [
    "s.LAST_QUEUED_TRANSACTION = '' AND s.QUEUEING_TRANSACTION = ''",
    `TIMESTAMPDIFF(SECOND, s.LAST_QUEUED_TRANSACTION_IMMEDIATE_COMMIT_TIMESTAMP, s.LAST_QUEUED_TRANSACTION_END_QUEUE_TIMESTAMP) <= ${maxLag}`,
    `s.QUEUEING_TRANSACTION = '' AND TIMESTAMPDIFF(SECOND, s.LAST_QUEUED_TRANSACTION_END_QUEUE_TIMESTAMP, NOW(6)) >= ${IDLE}`,
  ]
    .map((one) => `(${one})`)
    .join(' OR ')

const ERRORS = ['connection_status', 'applier_status_by_coordinator', 'applier_status_by_worker']
  .map(
    (table) =>
      `SELECT LAST_ERROR_MESSAGE FROM performance_schema.replication_${table} WHERE CHANNEL_NAME = '' AND LAST_ERROR_NUMBER <> 0`,
  )
  .join(' UNION ALL ')
  .concat(' LIMIT 1')
