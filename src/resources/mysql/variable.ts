import type { FieldSchemas, FieldsOf } from '../../schemas/fields.ts'
import { joinScripts, rawScript, type Script, sh } from '../../shell/script.ts'
import { type Change, constructorOf, type ResourceKind } from '../resource.ts'
import { askSql, parseSql, probeSql, row } from './client.ts'
import { type Server, serverOf, serverQuery } from './server.ts'
import { list, raw, type Sql, sql } from './sql.ts'
import { literal, optionText, sameValue } from './variable-value.ts'

/** A server variable as it is now. What it is after the next start is up to an option file, or `persist`. */
export const MYSQL_VARIABLE = {
  name: { description: 'As SHOW GLOBAL VARIABLES has it: `max_connections`.', type: 'string' },
  value: { description: 'Sizes may have a unit: `64M`.', type: ['string', 'number', 'boolean'] },
  persist: {
    description: 'Kept by the server itself (mysqld-auto.cnf, which outdoes option files); else it must keep nothing.',
    type: 'boolean',
    default: false,
  },
  restart: {
    description:
      'For those that only a start sets: whether this run may restart the server. replica: when it is one. A primary is never restarted: the change then fails and says what to do.',
    enum: ['never', 'replica'],
    default: 'never',
  },
} as const satisfies FieldSchemas

export type MysqlVariable = FieldsOf<typeof MYSQL_VARIABLE>

export interface MysqlVariableState {
  readonly server: Server['role']
  /** Undefined: this server has no such variable. */
  readonly live: string | undefined
  /** What live is rounded up to. */
  readonly unit: number
  readonly persisted: string | undefined
}

/** A variable of a server: set at once where it can be, with no restart. */
export const mysqlVariableKind: ResourceKind<MysqlVariable, MysqlVariableState> = {
  kind: 'mysql-variable',
  key: (desired) => desired.name,
  probe: (all) => probeSql([serverQuery, ...queries(all)]),
  parse(answer, all) {
    const said = parseSql(answer)
    if (said === 'down') return new Map(all.map((one) => [one.name, 'unknown']))
    const { role } = serverOf(said)
    const live = new Map(said.rows('variable').map(([name, value, unit]) => [name, { value: value ?? '', unit }]))
    const persisted = new Map(said.rows('persisted').map(([name, value]) => [name, value ?? '']))
    return new Map(
      all.map(({ name }) => {
        const found = live.get(name)
        const state = {
          server: role,
          live: found?.value,
          unit: Number(found?.unit ?? 1),
          persisted: persisted.get(name),
        }
        return [name, state]
      }),
    )
  },
  diff(desired, actual) {
    const state = actual === 'absent' ? undefined : actual
    const to = optionText(desired.value)
    const isSet = state?.live !== undefined && sameValue(desired.value, state.live, state.unit)
    const kept = state?.persisted
    const isKept = desired.persist ? kept !== undefined && sameValue(desired.value, kept) : kept === undefined
    const fields = [
      ...(isSet
        ? []
        : [
            { field: 'value', from: state && (state.live ?? 'no such variable'), to: `${to}${noteOf(desired, state)}` },
          ]),
      ...(isKept ? [] : [{ field: 'persisted', from: kept, to: desired.persist ? to : undefined }]),
    ]
    return fields.length === 0 ? undefined : { action: 'update', desired, actual, fields }
  },
  apply,
  // One restart for all that need it.
  together: true,
}

/**
 * Declares a server variable: `mysqlVariable({ name: 'max_connections', value: 400 })`.
 * @throws RangeError for a name that no variable has
 */
export const mysqlVariable = constructorOf(mysqlVariableKind, {
  fields: MYSQL_VARIABLE,
  check(input) {
    if (!/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)?$/.test(input.name)) {
      throw new RangeError(`${JSON.stringify(input.name)} is not the name of a MySQL variable (lower case, with _)`)
    }
  },
})

const queries = (all: readonly MysqlVariable[]): Sql[] => {
  const names = list(all.map((one) => one.name))
  // The pool is rounded up to whole chunks in each of its instances.
  const unit = raw(
    "IF(VARIABLE_NAME = 'innodb_buffer_pool_size', @@innodb_buffer_pool_chunk_size * @@innodb_buffer_pool_instances, 1)",
  )
  const live = row('variable', [raw('VARIABLE_NAME'), raw('VARIABLE_VALUE'), unit])
  const persisted = row('persisted', [raw('VARIABLE_NAME'), raw('VARIABLE_VALUE')])
  return [
    sql`SELECT ${live} FROM performance_schema.global_variables WHERE VARIABLE_NAME IN (${names})`,
    sql`SELECT ${persisted} FROM performance_schema.persisted_variables WHERE VARIABLE_NAME IN (${names})`,
  ]
}

/**
 * Variables that roles set and only a start can change. No table of the server tells this; one that is missing here
 * is found out when it is set (error 1238) and treated alike, only the plan does not say so. Source: Reference Manual,
 * Server System Variable Reference, column Dynamic.
 */
const AT_START = new Set([
  ...[
    'back_log',
    'bind_address',
    'core_file',
    'datadir',
    'disabled_storage_engines',
    'ft_min_word_len',
    'ft_max_word_len',
  ],
  ...['innodb_buffer_pool_chunk_size', 'innodb_buffer_pool_instances', 'innodb_data_file_path', 'innodb_data_home_dir'],
  ...[
    'innodb_dedicated_server',
    'innodb_directories',
    'innodb_flush_method',
    'innodb_ft_cache_size',
    'innodb_numa_interleave',
  ],
  ...[
    'innodb_log_group_home_dir',
    'innodb_open_files',
    'innodb_page_cleaners',
    'innodb_page_size',
    'innodb_purge_threads',
  ],
  ...['innodb_read_io_threads', 'innodb_rollback_on_timeout', 'innodb_sort_buffer_size', 'innodb_temp_data_file_path'],
  ...[
    'innodb_undo_directory',
    'innodb_use_native_aio',
    'innodb_write_io_threads',
    'large_pages',
    'log_bin',
    'log_error',
  ],
  ...['log_bin_basename', 'log_replica_updates', 'lower_case_table_names', 'open_files_limit', 'performance_schema'],
  ...['performance_schema_digests_size', 'performance_schema_max_digest_length', 'pid_file', 'plugin_dir', 'port'],
  ...[
    'relay_log',
    'relay_log_index',
    'relay_log_recovery',
    'report_host',
    'report_password',
    'report_port',
    'report_user',
  ],
  ...[
    'skip_name_resolve',
    'skip_networking',
    'socket',
    'table_open_cache_instances',
    'thread_handling',
    'thread_stack',
    'tmpdir',
  ],
  ...[
    'mysqlx_bind_address',
    'mysqlx_port',
    'caching_sha2_password_private_key_path',
    'caching_sha2_password_public_key_path',
  ],
])

/** Variables that are known to need a restart. */
export const MYSQL_START_VARIABLES: readonly string[] = [...AT_START]

const restarts = (desired: MysqlVariable, state: MysqlVariableState | undefined): boolean =>
  desired.restart === 'replica' && state?.server === 'replica'

const noteOf = (desired: MysqlVariable, state: MysqlVariableState | undefined): string =>
  state === undefined || !AT_START.has(desired.name)
    ? ''
    : restarts(desired, state)
      ? ' (restarts this replica)'
      : ' (needs a restart)'

function apply(changes: readonly Change<MysqlVariable, MysqlVariableState>[]): Script {
  const may = changes.every(({ desired, actual }) => restarts(desired, actual === 'absent' ? undefined : actual))
  return joinScripts([
    rawScript('pending=; refused() { printf "%s\\n" "$answer"; exit 1; }'),
    ...changes.flatMap(({ desired, actual }) => {
      const state = actual === 'absent' ? undefined : actual
      const isSet = state?.live !== undefined && sameValue(desired.value, state.live, state.unit)
      return [...(isSet ? [] : [setNow(desired)]), keep(desired, state)]
    }),
    rawScript('if [ -n "$pending" ]; then'),
    may ? RESTART : REFUSE,
    rawScript('fi'),
  ])
}

const setNow = ({ name, value }: MysqlVariable): Script => {
  const pending = sh`pending="$pending "${`${name}=${optionText(value)}`}`
  if (AT_START.has(name)) return pending
  return joinScripts([
    rawScript(`if ! ${askSql('answer', sql`SET GLOBAL ${raw(name)} = ${literal(value)}`, '2>&1').sh}; then`),
    rawScript('case $answer in *"ERROR 1238 "*) ;; *) refused ;; esac'),
    pending,
    rawScript('fi'),
  ])
}

const keep = ({ name, value, persist }: MysqlVariable, state: MysqlVariableState | undefined): Script => {
  const statement = persist
    ? sql`SET PERSIST_ONLY ${raw(name)} = ${literal(value)}`
    : sql`RESET PERSIST IF EXISTS ${raw(name)}`
  if (persist ? state?.persisted === optionText(value) : state?.persisted === undefined) return rawScript(':')
  return rawScript(`${askSql('answer', statement, '2>&1').sh} || refused`)
}

/** Type=notify: systemctl comes back when the server takes connections. Replication goes on by itself. */
const RESTART = rawScript('echo "restarting mysqld for$pending"; systemctl restart -- mysql.service')

const REFUSE = rawScript(
  [
    'echo "not in use before the next start of mysqld:$pending"',
    'echo "provision restarts replicas where mysql_restart_replicas says so, and never a primary. When the moment is right:"',
    'echo "  run with --switchover-to HOST, or: systemctl restart mysql (it comes back read-only; the next run makes the primary writable)"',
    'exit 1',
  ].join('\n'),
)
