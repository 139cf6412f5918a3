import { refused } from './refused.ts'

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/** What the group rests on: whoever changes one of these breaks replication or its safety. */
const OURS = words('super_read_only read_only gtid_mode enforce_gtid_consistency log_bin server_id port')

/** Options of mysqld whose variable has another name, and the same the other way round. */
const VARIABLE_OF: Readonly<Record<string, string>> = { default_time_zone: 'time_zone', memlock: 'locked_in_memory' }
const OPTION_OF: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(VARIABLE_OF).map(([option, variable]) => [variable, option]),
)

/** Options that no variable shows: what a start was told can't be asked. Source: `mysqld --verbose --help` of 9.7. */
const START_ONLY = words(`
  allow_suspicious_udfs archive blackhole check_table_functions early_plugin_load federated innodb_status_file log_isam
  log_short_format log_tc log_tc_size max_binlog_dump_events myisam_block_size performance_schema_instrument
  performance_schema_logger performance_schema_meter plugin_load plugin_load_add port_open_timeout safe_user_create
  super_large_pages symbolic_links sysdate_is_now tc_heuristic_recover validate_user_plugins`)

/** Variables of sessions: they can be SET, but no option file takes them. Source: the same. */
const NO_OPTION = words(`
  character_set_client character_set_connection character_set_database character_set_results collation_connection
  collation_database default_collation_for_utf8mb4 foreign_key_checks gtid_purged max_insert_delayed_threads profiling
  rbr_exec_mode sql_auto_is_null sql_big_selects sql_buffer_result sql_log_off sql_notes sql_quote_show_create
  sql_replica_skip_counter sql_safe_updates sql_select_limit sql_slave_skip_counter sql_warnings unique_checks`)

/** What starts mysqld for something else than to serve. */
const NO_SETTING = words(`
  chroot console daemonize gdb help initialize initialize_insecure skip_grant_tables standalone upgrade user
  validate_config verbose`)

/** Variables whose own name begins so; else it is a way to say no. */
const SKIP = words(`
  skip_external_locking skip_name_resolve skip_networking skip_replica_start skip_show_database skip_slave_start`)

const INSTEAD: Readonly<Record<string, string>> = {
  default_character_set: 'character_set_server',
  default_collation: 'collation_server',
  character_set: 'character_set_server',
  tx_isolation: 'transaction_isolation',
  table_cache: 'table_open_cache',
  log_slow_queries: 'slow_query_log',
  expire_logs_days: 'mysql_binlog_retention (a var of the role)',
  binlog_expire_logs_days: 'mysql_binlog_retention (a var of the role)',
}

/** How an entry of `mysql_options` is called in the option file, and as a variable where there is one. */
export interface OptionNames {
  readonly option: string
  readonly variable: string | undefined
}

/**
 * @param written as in `mysql_options`, with `-` or `_`
 * @throws ProvisionError (input) for what is the role's own, and for what no option file of a server takes
 */
export function optionNames(written: string): OptionNames {
  const name = written.replaceAll('-', '_')
  const wrong = (why: string, hint?: string) => refused(`mysql_options: ${written} ${why}`, hint)
  const [, negated = ''] = /^(?:skip|disable)_(.+)$/.exec(name) ?? []
  if (OURS.has(name) || OURS.has(negated)) throw wrong("is the role's own", 'leave it out')
  if (name === 'datadir') throw wrong("is the role's own", 'the data is in /var/lib/mysql: mount a disk there')
  if (/^(replicate_(?!same_server_id)|binlog_(do|ignore)_db$)/.test(name)) {
    throw wrong('leaves transactions out', 'every server of a group must have all of them: any may become the primary')
  }
  const instead = INSTEAD[name]
  if (instead !== undefined) throw wrong('is no option of this server', `say ${instead}`)
  if (NO_SETTING.has(name)) throw wrong('is nothing that a server is to be set to', 'leave it out')
  if (NO_OPTION.has(name)) {
    throw wrong('can be set by sessions only: no option file takes it', 'init_connect does it for each of them')
  }
  if (negated !== '' && !SKIP.has(name)) throw wrong('is a way to say no', `say ${negated}: false`)
  if (/^(enable|maximum)_/.test(name)) throw wrong('is a prefix of mysqld for its options', 'name the variable')
  if (START_ONLY.has(name) || /^(loose|performance_schema_consumer)_/.test(name)) {
    return { option: name.replaceAll('_', '-'), variable: undefined }
  }
  return { option: OPTION_OF[name] ?? name, variable: VARIABLE_OF[name] ?? name }
}
