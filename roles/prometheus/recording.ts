import type { PrometheusVars } from './vars.ts'

export interface Recording {
  readonly record: string
  readonly expr: string
}

const WINDOW = '1m'

/**
 * The figures that people and alerts look at, by one name whatever the version of what tells them: columns of
 * SHOW REPLICA STATUS became `source` and `replica` in MySQL 8, and mysqld_exporter makes metric names of them.
 */
export function recordingRules(vars: PrometheusVars, vips: readonly string[]): Recording[] {
  const app = vars.prometheus_app_requests
  const appErrors = (label: string) => `sum by (instance, tier) (rate(${app}{job="app",${label}=~"5.."}[${WINDOW}]))`
  return [
    { record: 'instance:nginx_http_requests:rate1m', expr: `rate(nginx_http_requests_total[${WINDOW}])` },
    {
      record: 'tier:nginx_http_requests:rate1m',
      expr: 'sum by (tier) (instance:nginx_http_requests:rate1m)',
    },
    {
      record: 'server:haproxy_http_responses:rate1m',
      expr: `sum by (proxy, server) (rate(haproxy_server_http_responses_total[${WINDOW}]))`,
    },
    {
      record: 'proxy:haproxy_http_responses:rate1m',
      expr: `sum by (proxy) (rate(haproxy_frontend_http_responses_total[${WINDOW}]))`,
    },
    {
      record: 'proxy:haproxy_http_errors:ratio1m',
      expr: `sum by (proxy) (rate(haproxy_frontend_http_responses_total{code="5xx"}[${WINDOW}]))
  / (proxy:haproxy_http_responses:rate1m > 0)`,
    },
    {
      record: 'instance:app_http_requests:rate1m',
      expr: `sum by (instance, tier) (rate(${app}{job="app"}[${WINDOW}]))`,
    },
    { record: 'tier:app_http_requests:rate1m', expr: 'sum by (tier) (instance:app_http_requests:rate1m)' },
    {
      record: 'instance:app_http_errors:ratio1m',
      expr: `(${appErrors('status')} or ${appErrors('code')})
  / (instance:app_http_requests:rate1m > 0)`,
    },
    { record: 'instance:mysql_questions:rate1m', expr: `rate(mysql_global_status_questions[${WINDOW}])` },
    { record: 'link:probe_duration_seconds:avg5m', expr: 'avg_over_time(probe_duration_seconds{job="link"}[5m])' },
    {
      record: 'tiers:probe_duration_seconds:avg5m',
      expr: 'avg by (from_tier, tier) (link:probe_duration_seconds:avg5m)',
    },
    {
      record: 'instance:mysql_replication_lag_seconds',
      expr: 'max by (instance, tier) ({__name__=~"mysql_slave_status_seconds_behind_(master|source)"})',
    },
    {
      record: 'instance:mysql_replication_running',
      expr: 'min by (instance, tier) ({__name__=~"mysql_slave_status_(slave|replica)_(io|sql)_running"})',
    },
    ...(vips.length === 0 ? [] : [{ record: 'address:vip_owners:count', expr: owners(vips) }]),
  ]
}

/** Zero where nobody has it, rather than nothing. */
const owners = (vips: readonly string[]): string =>
  [
    `count by (address) (node_network_address_info{address=~${quoted(vips.map(escaped).join('|'))}})`,
    ...vips.map((vip) => `label_replace(vector(0), "address", "${vip}", "", "")`),
  ].join('\n  or ')

const quoted = (text: string): string => JSON.stringify(text)

const escaped = (vip: string): string => vip.replaceAll('.', '\\.')
