import { ALERT_NAMES, type AlertName, DRIFT_ALERT_NAMES, type DriftAlertName } from './names.ts'
import type { PrometheusVars } from './vars.ts'

export interface Alert {
  readonly name: string
  readonly expr: string
  readonly for: string
  readonly severity: 'critical' | 'warning'
  readonly summary: string
  /** What to do. */
  readonly description: string
}

/** All alerts that are on, with the durations that the inventory wants. */
export const alerts = (vars: PrometheusVars): Alert[] => wanted(ALERT_NAMES, definitions(vars), vars)

/** Those on what `provision drift` tells; none where nobody says how often it looks. */
export const driftAlerts = (vars: PrometheusVars): Alert[] =>
  vars.prometheus_drift_max_age === undefined
    ? []
    : wanted(DRIFT_ALERT_NAMES, driftDefinitions(vars.prometheus_drift_max_age), vars)

function wanted<Name extends string>(
  names: readonly Name[],
  all: Readonly<Record<Name, Omit<Alert, 'name'>>>,
  vars: PrometheusVars,
): Alert[] {
  const off = new Set<string>(vars.prometheus_alerts_off)
  const durations: Readonly<Record<string, string | undefined>> = vars.prometheus_alert_for
  return names
    .filter((name) => !off.has(name))
    .map((name) => ({ name, ...all[name], for: durations[name] ?? all[name].for }))
}

/** @param maxAge seconds */
const driftDefinitions = (maxAge: number): Readonly<Record<DriftAlertName, Omit<Alert, 'name'>>> => ({
  ProvisionDrift: {
    expr: 'provision_drift_resources > 0',
    for: '1h',
    severity: 'warning',
    summary: '{{ $value }} resources of {{ $labels.host }} are not as inventory {{ $labels.inventory }} declares',
    description:
      'Somebody changed it by hand, or what is declared was not applied: `provision -i {{ $labels.inventory }} --check -l {{ $labels.host }}` shows what. A run puts it back.',
  },
  ProvisionDriftUnreadable: {
    expr: 'provision_drift_readable == 0',
    for: '1h',
    severity: 'warning',
    summary: 'Whether {{ $labels.host }} is as declared is not known',
    description:
      'provision drift could not read it: `provision ping -i {{ $labels.inventory }} -l {{ $labels.host }}`, and the journal of provision-drift@{{ $labels.inventory }}.',
  },
  ProvisionDriftNotLooked: {
    expr: `time() - provision_last_run_timestamp_seconds > ${maxAge} or provision_last_run_status == 1 unless on (inventory) provision_drift_readable`,
    for: '5m',
    severity: 'warning',
    summary: 'Nobody knows whether inventory {{ $labels.inventory }} is as declared',
    description:
      'provision drift has not looked in time, or could not read its input: `systemctl list-timers "provision-drift@*"` and the journal of provision-drift@{{ $labels.inventory }}.',
  },
})

const definitions = (vars: PrometheusVars): Readonly<Record<AlertName, Omit<Alert, 'name'>>> => ({
  VipWithoutOwner: {
    expr: 'address:vip_owners:count == 0',
    for: '15s',
    severity: 'critical',
    summary: 'No host has the floating address {{ $labels.address }}',
    description:
      'Clients of this address get no answer. Look at `systemctl status keepalived haproxy` on both load balancers: keepalived gives its addresses away while its check of haproxy fails.',
  },
  VipOwnedTwice: {
    expr: 'address:vip_owners:count > 1',
    for: '15s',
    severity: 'critical',
    summary: '{{ $value }} hosts have the floating address {{ $labels.address }}',
    description:
      'The load balancers do not hear each other: is protocol vrrp open in ufw on both, and is keepalived alive on both? A keepalived that died keeps its address on the interface: `ip addr del` it there.',
  },
  VipNotAnswering: {
    expr: 'probe_success{job="vip"} == 0',
    for: '30s',
    severity: 'critical',
    summary: 'http://{{ $labels.instance }}:{{ $labels.port }} does not answer {{ $labels.from }} as it should',
    description: 'See who owns the address, then whether haproxy there has a server that is UP.',
  },
  ServerDown: {
    expr: 'max by (proxy, server) (haproxy_server_status{state="DOWN"}) == 1',
    for: '30s',
    severity: 'critical',
    summary: 'Server {{ $labels.server }} of {{ $labels.proxy }} is down for a load balancer',
    description:
      'Its health check fails. Ask it by hand from the load balancer; on the server see `systemctl status` of the service and its log.',
  },
  ServerDrainedForLong: {
    expr: 'max by (proxy, server) (haproxy_server_status{state=~"DRAIN|MAINT"}) == 1',
    for: '1h',
    severity: 'warning',
    summary: 'Server {{ $labels.server }} of {{ $labels.proxy }} is taken out of the traffic',
    description:
      'A run or a person drained it and did not put it back. When it is healthy: `set server {{ $labels.proxy }}/{{ $labels.server }} state ready` on the admin socket of each load balancer.',
  },
  LoadBalancersDisagree: {
    expr: `count by (proxy, server) (haproxy_server_status{state="UP"} == 1)
  < on () group_left () count(up{job="haproxy"} == 1)`,
    for: '2m',
    severity: 'warning',
    summary: 'Server {{ $labels.server }} of {{ $labels.proxy }} is up for some load balancers only',
    description:
      'Compare `show servers state {{ $labels.proxy }}` on all load balancers: drained on one only, or the way from one of them to the server is broken (alert LinkDown).',
  },
  HttpErrorsHigh: {
    expr: `proxy:haproxy_http_errors:ratio1m > ${vars.prometheus_max_error_ratio}`,
    for: '2m',
    severity: 'critical',
    summary: '{{ $value | humanizePercentage }} of the answers of {{ $labels.proxy }} are errors (5xx)',
    description:
      'See which server gives them (haproxy_server_http_responses_total by server); errors of haproxy itself (503) mean that no server is up.',
  },
  AppErrorsHigh: {
    expr: `instance:app_http_errors:ratio1m > ${vars.prometheus_max_error_ratio}`,
    for: '2m',
    severity: 'critical',
    summary: '{{ $value | humanizePercentage }} of the answers of the application on {{ $labels.instance }} are errors',
    description:
      'One host only: drain its web server, look at the journal of the service. All hosts: is the database writable and reachable (WritableServersNotOne, LinkDown)?',
  },
  RequestsDropped: {
    expr: `tier:nginx_http_requests:rate1m
  < ${vars.prometheus_min_qps_ratio} * (avg_over_time(tier:nginx_http_requests:rate1m[1h] offset 5m) > ${vars.prometheus_min_qps})`,
    for: '5m',
    severity: 'warning',
    summary: 'Requests to the tier {{ $labels.tier }} fell to {{ $value | humanize }} per second',
    description:
      'Far fewer than in the hour before. Do clients reach the floating addresses (VipNotAnswering, DNS, the network in front)?',
  },
  LinkDown: {
    expr: 'probe_success{job="link"} == 0',
    for: '1m',
    severity: 'warning',
    summary: '{{ $labels.from }} gets no good answer from {{ $labels.instance }}:{{ $labels.port }}',
    description:
      'From all hosts: the service is down or drained. From one: the firewall or the network between the two (`ufw status` on {{ $labels.instance }}).',
  },
  LinkSlow: {
    expr: `link:probe_duration_seconds:avg5m > ${vars.prometheus_max_link_seconds}`,
    for: '5m',
    severity: 'warning',
    summary: '{{ $labels.from }} waits {{ $value | humanizeDuration }} for {{ $labels.instance }}:{{ $labels.port }}',
    description:
      'The bottleneck is between these two. Slow from everywhere: the load of {{ $labels.instance }}; slow from one host: that host, or its network.',
  },
  ReplicationStopped: {
    expr: 'instance:mysql_replication_running == 0',
    for: '30s',
    severity: 'critical',
    summary: 'A replication thread of {{ $labels.instance }} does not run',
    description:
      'SHOW REPLICA STATUS there tells why: Last_IO_Error (account, network, TLS) or Last_SQL_Error (data differ). Never skip a transaction: rebuild by clone instead.',
  },
  ReplicationLagging: {
    expr: `instance:mysql_replication_lag_seconds > ${vars.prometheus_max_lag}`,
    for: '2m',
    severity: 'warning',
    summary: '{{ $labels.instance }} is {{ $value }} s behind its source',
    description:
      'A long transaction, or more writes than it can apply: compare disk and CPU with the primary. It must not become primary now.',
  },
  ReplicationLagUnknown: {
    expr: 'instance:mysql_replication_running unless on (instance) instance:mysql_replication_lag_seconds',
    for: '1m',
    severity: 'warning',
    summary: '{{ $labels.instance }} does not know how far behind it is',
    description: 'MySQL tells no lag while a thread is stopped or connects: see ReplicationStopped.',
  },
  WritableServersNotOne: {
    expr: '(count(mysql_global_variables_read_only == 0) or 0 * count(up{job="mysqld"})) != 1',
    for: '30s',
    severity: 'critical',
    summary: '{{ $value }} MySQL servers take writes; it must be one',
    description:
      'None: promote the replica that is ahead, or set super_read_only=OFF on the primary after its restart. More than one: set super_read_only=ON at once on all but the real primary, then look for errant transactions.',
  },
  CertificateExpiresSoon: {
    expr: `probe_ssl_earliest_cert_expiry - time() < ${vars.prometheus_min_cert_days} * 86400`,
    for: '10m',
    severity: 'warning',
    summary: 'The certificate of {{ $labels.instance }} ends in {{ $value | humanizeDuration }}',
    description: 'Renew it, bring it with haproxy_certs and run provision: it is loaded without a lost connection.',
  },
  InstanceDown: {
    // A host's probes for others fail with its blackbox exporter, which is a target itself.
    expr: 'up{job!~"link|vip|tls"} == 0',
    for: '1m',
    severity: 'critical',
    summary: '{{ $labels.job }} on {{ $labels.instance }} does not answer',
    description:
      'All jobs of the host: it is off or cut off. This job only: `systemctl status` of the exporter there, and whether ufw lets this monitor in.',
  },
  UnitFailed: {
    expr: 'node_systemd_unit_state{state="failed"} == 1',
    for: '1m',
    severity: 'warning',
    summary: '{{ $labels.name }} failed on {{ $labels.instance }}',
    description: '`journalctl -u {{ $labels.name }} -e` there; after the repair `systemctl reset-failed`.',
  },
  DiskAlmostFull: {
    expr: `node_filesystem_avail_bytes{fstype!~"tmpfs|ramfs|squashfs|iso9660"}
  / node_filesystem_size_bytes < ${vars.prometheus_min_disk_ratio}
  and node_filesystem_readonly == 0`,
    for: '5m',
    severity: 'warning',
    summary: '{{ $value | humanizePercentage }} left on {{ $labels.mountpoint }} of {{ $labels.instance }}',
    description:
      'Find what grows (`du -x {{ $labels.mountpoint }} | sort -n | tail`): logs, binary logs, old releases.',
  },
  ConfigNotLoaded: {
    expr: `{__name__=~"(prometheus_config|blackbox_exporter_config)_last_reload_successful"} == 0`,
    for: '1m',
    severity: 'warning',
    summary: '{{ $labels.job }} on {{ $labels.instance }} refused its configuration',
    description:
      'It runs on with the old one; its journal says why. Run provision, which validates before it replaces.',
  },
})
