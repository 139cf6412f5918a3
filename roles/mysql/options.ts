import { type Facts, ipFamily, ProvisionError } from 'provision'
import { TLS } from './tls.ts'
import type { MysqlVars } from './vars.ts'

export type Value = string | number | boolean

/** Lines of the option file; `live`: a variable of that name is to have that value now. */
export interface Option {
  readonly name: string
  readonly value: Value
  readonly live: boolean
}

interface Host {
  readonly name: string
  readonly address: string
}

/** What the group rests on: whoever changes one of these breaks replication or its safety. */
const OURS = ['super_read_only', 'read_only', 'gtid_mode', 'enforce_gtid_consistency', 'log_bin', 'server_id', 'port']

/**
 * Everything that the server is told, for 8.0, 8.4 and 9.x alike. Every node starts read-only: a primary that comes
 * back after a failover must not take writes on its own.
 * @throws ProvisionError (input) for options that are the role's own
 */
export function optionsOf(vars: MysqlVars, host: Host, facts: Facts): Option[] {
  const set = (name: string, value: Value): Option => ({ name, value, live: true })
  const file = (name: string, value: Value): Option => ({ name, value, live: false })
  const wrong = Object.keys(vars.mysql_options).find((name) => OURS.includes(name))
  if (wrong !== undefined) throw refused(`mysql_options: ${wrong} is the role's own`, `leave it out`)
  const base = [
    set('server_id', vars.mysql_server_id ?? serverId(host)),
    set('bind_address', vars.mysql_bind_address ?? bindAddress(host, facts)),
    set('port', vars.mysql_port),
    set('report_host', host.address),
    set('report_port', vars.mysql_port),
    set('gtid_mode', 'ON'),
    set('enforce_gtid_consistency', 'ON'),
    file('log_bin', 'binlog'),
    set('log_replica_updates', 'ON'),
    set('binlog_expire_logs_seconds', seconds(vars.mysql_binlog_retention)),
    set('sync_binlog', 1),
    set('innodb_flush_log_at_trx_commit', 1),
    set('relay_log_recovery', 'ON'),
    set('replica_preserve_commit_order', 'ON'),
    file('read_only', 'ON'),
    file('super_read_only', 'ON'),
    set('local_infile', 'OFF'),
    set('require_secure_transport', 'ON'),
    set('innodb_buffer_pool_size', vars.mysql_buffer_pool),
    file('plugin-load-add', 'mysql_clone.so'),
    ...(vars.mysql_semisync
      ? [
          file('plugin-load-add', 'semisync_source.so'),
          file('plugin-load-add', 'semisync_replica.so'),
          // loose-: the server starts even where the plugin can't be loaded.
          file('loose-rpl_semi_sync_source_enabled', 'ON'),
          file('loose-rpl_semi_sync_replica_enabled', 'ON'),
          file('loose-rpl_semi_sync_source_timeout', 10_000),
        ]
      : []),
    ...(vars.mysql_tls_ca === undefined
      ? []
      : [set('ssl_ca', TLS.ca), set('ssl_cert', TLS.cert), set('ssl_key', TLS.key)]),
  ]
  const own = Object.entries(vars.mysql_options).map(([name, value]) => set(name, value))
  return [...base.filter(({ name }) => !own.some((one) => one.name === name)), ...own]
}

const seconds = (time: string): number => Number(time.slice(0, -1)) * (time.endsWith('d') ? 86_400 : 3600)

/** An IPv4 address is a number of 32 bits, and so is a server's id. */
function serverId({ name, address }: Host): number {
  if (ipFamily(address) === 4) return address.split('.').reduce((all, part) => all * 256 + Number(part), 0)
  throw refused(`${name} needs a mysql_server_id`, 'it is made of the address only where that is IPv4')
}

/** Behind NAT, or known by a name, it listens on all, and the firewall decides. */
const bindAddress = ({ address }: Host, facts: Facts): string =>
  Object.values(facts.addresses).flat().includes(address) ? `127.0.0.1,${address}` : '*'

export const optionLine = (value: Value): string =>
  typeof value === 'boolean' ? (value ? 'ON' : 'OFF') : String(value)

export const refused = (message: string, hint?: string): ProvisionError =>
  new ProvisionError(message, { code: 'input', hint })
