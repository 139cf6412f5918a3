/**
 * What only a start sets. No table of the server tells this; one that is missing here (of a plugin, of another version)
 * is found out when it is set (error 1238) and treated alike, only the plan does not say so. Source: MySQL 9.7, which was
 * asked to set each of its variables, and the Reference Manual for those of 8.0, Server System Variable Reference.
 */
const AT_START = words(`
  admin_address admin_port auto_generate_certs back_log basedir bind_address binlog_gtid_simple_recovery
  binlog_rotate_encryption_master_key_at_startup binlog_row_event_max_size
  caching_sha2_password_auto_generate_rsa_keys caching_sha2_password_private_key_path
  caching_sha2_password_public_key_path character_sets_dir core_file create_admin_listener_thread datadir
  default_authentication_plugin disabled_storage_engines disconnect_on_expired_password ft_max_word_len
  ft_min_word_len ft_query_expansion_limit ft_stopword_file init_file innodb_adaptive_hash_index_parts
  innodb_api_disable_rowlock innodb_api_enable_binlog innodb_api_enable_mdl innodb_autoinc_lock_mode
  innodb_buffer_pool_chunk_size innodb_buffer_pool_instances innodb_buffer_pool_load_at_startup
  innodb_data_file_path innodb_data_home_dir innodb_dedicated_server innodb_directories
  innodb_doublewrite_batch_size innodb_doublewrite_dir innodb_doublewrite_files innodb_doublewrite_pages
  innodb_flush_method innodb_force_load_corrupted innodb_force_recovery innodb_ft_cache_size
  innodb_ft_max_token_size innodb_ft_min_token_size innodb_ft_sort_pll_degree innodb_ft_total_cache_size
  innodb_log_file_size innodb_log_files_in_group innodb_log_group_home_dir innodb_native_foreign_keys
  innodb_numa_interleave innodb_open_files innodb_page_cleaners innodb_page_size innodb_purge_threads
  innodb_read_io_threads innodb_read_only innodb_rollback_on_timeout innodb_sort_buffer_size
  innodb_sync_array_size innodb_temp_data_file_path innodb_temp_tablespaces_dir innodb_undo_directory
  innodb_undo_tablespaces innodb_use_native_aio innodb_validate_tablespace_paths innodb_write_io_threads
  large_pages lc_messages_dir locked_in_memory log_bin log_bin_index log_error log_replica_updates
  log_slave_updates lower_case_table_names max_digest_length myisam_mmap_size myisam_recover_options
  mysqlx_bind_address mysqlx_port mysqlx_port_open_timeout mysqlx_socket mysqlx_ssl_ca mysqlx_ssl_capath
  mysqlx_ssl_cert mysqlx_ssl_cipher mysqlx_ssl_crl mysqlx_ssl_crlpath mysqlx_ssl_key ngram_token_size
  open_files_limit performance_schema performance_schema_accounts_size performance_schema_digests_size
  performance_schema_error_size performance_schema_events_stages_history_long_size
  performance_schema_events_stages_history_size performance_schema_events_statements_history_long_size
  performance_schema_events_statements_history_size performance_schema_events_transactions_history_long_size
  performance_schema_events_transactions_history_size performance_schema_events_waits_history_long_size
  performance_schema_events_waits_history_size performance_schema_hosts_size performance_schema_max_cond_classes
  performance_schema_max_cond_instances performance_schema_max_digest_length performance_schema_max_file_classes
  performance_schema_max_file_handles performance_schema_max_file_instances performance_schema_max_index_stat
  performance_schema_max_logger_classes performance_schema_max_memory_classes
  performance_schema_max_metadata_locks performance_schema_max_meter_classes
  performance_schema_max_metric_classes performance_schema_max_mutex_classes
  performance_schema_max_mutex_instances performance_schema_max_prepared_statements_instances
  performance_schema_max_program_instances performance_schema_max_rwlock_classes
  performance_schema_max_rwlock_instances performance_schema_max_socket_classes
  performance_schema_max_socket_instances performance_schema_max_sql_text_length
  performance_schema_max_stage_classes performance_schema_max_statement_classes
  performance_schema_max_statement_stack performance_schema_max_table_handles
  performance_schema_max_table_instances performance_schema_max_table_lock_stat
  performance_schema_max_thread_classes performance_schema_max_thread_instances
  performance_schema_session_connect_attrs_size performance_schema_setup_actors_size
  performance_schema_setup_objects_size performance_schema_users_size persist_only_admin_x509_subject
  persist_sensitive_variables_in_plaintext persisted_globals_load pid_file plugin_dir port relay_log
  relay_log_index relay_log_recovery relay_log_space_limit replica_load_tmpdir replica_skip_errors report_host
  report_password report_port report_user secure_file_priv sha256_password_auto_generate_rsa_keys
  sha256_password_private_key_path sha256_password_public_key_path skip_external_locking skip_name_resolve
  skip_networking skip_replica_start skip_show_database skip_slave_start slave_load_tmpdir slave_skip_errors
  socket table_open_cache_instances thread_handling thread_stack
  tls_certificates_enforced_validation tmpdir`)

/** What the server tells of itself: neither `SET` nor an option file takes it. Source: `mysqld --verbose --help`. */
const FACTS = words(`
  build_id character_set_system gtid_executed gtid_owned have_compress have_dynamic_loading have_geometry
  have_profiling have_query_cache have_rtree_keys have_statement_timeout have_symlink hostname innodb_version
  large_files_support large_page_size license log_bin_basename lower_case_file_system protocol_version
  relay_log_basename server_uuid system_time_zone version version_comment version_compile_machine
  version_compile_os version_compile_zlib version_with_update`)

/**
 * What was decided when the data directory was made. With another value a server that has data does not start, or starts
 * beside it. Source: Reference Manual, Configuring Identifier Case Sensitivity, InnoDB Startup Configuration.
 */
const OF_DATA_DIRECTORY = words(`
  datadir innodb_data_file_path innodb_data_home_dir innodb_log_group_home_dir innodb_page_size innodb_undo_directory
  lower_case_table_names`)

/** Of plugins and components: a server that has not loaded them does not know their variables yet. */
const OF_PLUGINS =
  /^(audit_log|authentication|caching_sha2_password|clone|component|connection_control|connection_memory|daemon_memcached|group_replication|keyring|mysqlx|rpl_semi_sync|rewriter|thread_pool|validate_password|version_tokens)_/

/** Variables that are known to need a restart. */
export const MYSQL_START_VARIABLES: readonly string[] = [...AT_START]

export const isAtStart = (name: string): boolean => AT_START.has(name)
export const isFact = (name: string): boolean => FACTS.has(name)
export const isOfDataDirectory = (name: string): boolean => OF_DATA_DIRECTORY.has(name)
export const isOfPlugin = (name: string): boolean => OF_PLUGINS.test(name)

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/))
}
