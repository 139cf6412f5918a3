import { type Facts, ipFamily } from 'provision'
import { optionNames } from './option-names.ts'
import { refused } from './refused.ts'
import { TLS } from './tls.ts'
import type { MysqlVars } from './vars.ts'

export type Value = string | number | boolean

/** A line of the option file. */
export interface Option {
  readonly name: string
  readonly value: Value
  /** The variable that is to have that value now; undefined: what holds now is not for this to say. */
  readonly variable: string | undefined
}

interface Host {
  readonly name: string
  readonly address: string
}

/**
 * Everything that the server is told, for 8.0, 8.4 and 9.x alike. Every node starts read-only: a primary that comes
 * back after a failover must not take writes on its own.
 * @throws ProvisionError (input) for options that are the role's own
 */
export function optionsOf(vars: MysqlVars, host: Host, facts: Facts): Option[] {
  const set = (name: string, value: Value): Option => ({ name, value, variable: name })
  const file = (name: string, value: Value): Option => ({ name, value, variable: undefined })
  const base = [
    set('server_id', vars.mysql_server_id ?? ownServerId(host)),
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
  const own = ownOptions(vars)
  const isOwn = ({ variable }: Option) => variable !== undefined && own.some((one) => one.variable === variable)
  return [...base.filter((one) => !isOwn(one)), ...own]
}

/** @throws ProvisionError (input) for what no option file takes, and for one thing under two names */
function ownOptions({ mysql_options: declared }: MysqlVars): Option[] {
  const seen = new Map<string, string>()
  return Object.entries(declared).map(([written, value]) => {
    const { option, variable } = optionNames(written)
    const other = seen.get(option)
    if (other !== undefined)
      throw refused(`mysql_options: ${other} and ${written} are the same`, 'leave one of them out')
    seen.set(option, written)
    if (option === 'default_time_zone' && !/^[A-Za-z0-9_+:/-]+$/.test(String(value))) {
      throw refused(
        `mysql_options: ${written} is no time zone: ${value}`,
        "an offset in quotes ('+00:00'), SYSTEM or a name",
      )
    }
    return { name: option, value, variable }
  })
}

const seconds = (time: string): number => Number(time.slice(0, -1)) * (time.endsWith('d') ? 86_400 : 3600)

/** An IPv4 address is a number of 32 bits, and so is a server's id. */
export const serverId = (address: string): number | undefined =>
  ipFamily(address) === 4 ? address.split('.').reduce((all, part) => all * 256 + Number(part), 0) : undefined

function ownServerId({ name, address }: Host): number {
  const id = serverId(address)
  if (id !== undefined) return id
  throw refused(`${name} needs a mysql_server_id`, 'it is made of the address only where that is IPv4')
}

/** Behind NAT, or known by a name, it listens on all, and the firewall decides. */
const bindAddress = ({ address }: Host, facts: Facts): string =>
  Object.values(facts.addresses).flat().includes(address) ? `127.0.0.1,${address}` : '*'

/**
 * In quotes where mysqld would read something else than it says: an escape, a comment, quotes of its own, blanks around it.
 * Source: Reference Manual, Using Option Files.
 */
export function optionLine(value: Value): string {
  const text = typeof value === 'boolean' ? (value ? 'ON' : 'OFF') : String(value)
  return /[\\#'"]|^\s|\s$/.test(text) ? `"${text.replaceAll(/[\\"]/g, '\\$&')}"` : text
}
