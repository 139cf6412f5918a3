import type { VarSchemas, VarsOf } from 'provision'
import { ALERT_NAMES, DRIFT_ALERT_NAMES } from './names.ts'

const DURATION = '^([0-9]+(ms|[smhdwy]))+$'
const PORT = { type: 'integer', minimum: 1, maximum: 65535 } as const
/** Names of tiers, hosts and jobs as they stand in labels and file names. */
const NAME = '^[A-Za-z0-9][A-Za-z0-9_.-]*$'

const ALL_ALERTS = [...ALERT_NAMES, ...DRIFT_ALERT_NAMES] as const

const link = {
  type: 'object',
  additionalProperties: false,
  required: ['from', 'to'],
  properties: {
    from: {
      description: 'Tier or group that asks; its hosts need the role blackbox_exporter.',
      type: 'string',
      pattern: NAME,
    },
    to: { description: 'Tier or group that is asked.', type: 'string', pattern: NAME },
    probe: { enum: ['http', 'tcp'], default: 'http' },
    port: { description: 'Port, where role gives none. Without either there is no probe.', ...PORT },
    role: {
      description: 'Role of the hosts that are asked whose program is meant: its port, as it says itself.',
      type: 'string',
    },
    path: { type: 'string', pattern: '^/[^\\s"\\\\]*$', default: '/healthz' },
  },
} as const

const rule = {
  type: 'object',
  additionalProperties: false,
  required: ['expr'],
  properties: {
    alert: { type: 'string', minLength: 1 },
    record: { type: 'string', minLength: 1 },
    expr: { description: 'PromQL.', type: 'string', minLength: 1 },
    for: { type: 'string', pattern: DURATION },
    labels: { type: 'object', additionalProperties: { type: 'string' }, default: {} },
    annotations: { type: 'object', additionalProperties: { type: 'string' }, default: {} },
  },
} as const

const extraJob = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'targets'],
  properties: {
    name: { type: 'string', pattern: NAME },
    path: { type: 'string', pattern: '^/[^\\s"\\\\]*$', default: '/metrics' },
    targets: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['instance', 'address'],
        properties: {
          instance: { type: 'string', minLength: 1 },
          address: { description: 'host:port.', type: 'string', pattern: '^[^\\s"\\\\]+:[0-9]{1,5}$' },
          labels: { type: 'object', additionalProperties: { type: 'string' }, default: {} },
        },
      },
    },
  },
} as const

const list = (description: string, pattern: string) =>
  ({ description, type: 'array', items: { type: 'string', pattern }, uniqueItems: true, default: [] }) as const

export const vars = {
  prometheus_port: { description: 'Port of the web interface and the API.', ...PORT, default: 9090 },
  prometheus_listen: {
    description: "Address to listen on. Default: the inventory's, or all where the host itself does not have it.",
    type: 'string',
    optional: true,
  },
  prometheus_allow_from: list('Addresses and networks that may use it. Empty: nobody but the host itself.', '^.+$'),
  prometheus_firewall: {
    description: 'Open the port in ufw for prometheus_allow_from; false on hosts without the role ufw.',
    type: 'boolean',
    default: true,
  },
  prometheus_retention: {
    description: 'How long samples are kept.',
    type: 'string',
    pattern: '^[1-9][0-9]*[hdwy]$',
    default: '15d',
  },
  prometheus_retention_size: {
    description: 'Oldest samples go when all take more than this: 20GB.',
    type: 'string',
    pattern: '^[1-9][0-9]*(MB|GB|TB)$',
    optional: true,
  },
  prometheus_flags: {
    description: 'Further flags of prometheus.',
    type: 'array',
    items: { type: 'string', pattern: '^--[A-Za-z0-9.=:,/_|()^$*+?-]+$' },
    default: [],
  },
  prometheus_scrape_interval: {
    description: 'Seconds between scrapes. Rates are over a minute, which wants four samples.',
    type: 'integer',
    minimum: 1,
    maximum: 15,
    default: 15,
  },
  prometheus_external_labels: {
    description: 'Labels of everything that leaves this Prometheus.',
    type: 'object',
    propertyNames: { pattern: '^[a-zA-Z_][a-zA-Z0-9_]*$' },
    additionalProperties: { type: 'string' },
    default: {},
  },
  prometheus_alertmanagers: list('host:port of each Alertmanager.', '^[^\\s"\\\\]+:[0-9]{1,5}$'),
  prometheus_app_requests: {
    description: "The application's counter of requests, with the HTTP status in the label status or code.",
    type: 'string',
    pattern: '^[a-zA-Z_:][a-zA-Z0-9_:]*$',
    default: 'http_requests_total',
  },
  prometheus_links: {
    description: 'Links between tiers or groups that are probed from each host of the one to each host of the other.',
    type: 'array',
    items: link,
    default: [
      { from: 'lb', to: 'web', port: 80 },
      { from: 'web', to: 'app', role: 'app' },
      { from: 'app', to: 'db', probe: 'tcp', role: 'mysql' },
    ],
  },
  prometheus_vips: {
    description: 'Floating addresses. Default: those of keepalived in the inventory.',
    type: 'array',
    items: { type: 'string', pattern: '^[0-9A-Fa-f:.]+$' },
    optional: true,
  },
  prometheus_vip_port: { description: 'Port that is probed on them by HTTP.', ...PORT, default: 80 },
  prometheus_vip_path: {
    description: 'Path of that.',
    type: 'string',
    pattern: '^/[^\\s"\\\\]*$',
    default: '/healthz',
  },
  prometheus_tls_targets: list('host:port whose certificates are watched.', '^[^\\s"\\\\]+:[0-9]{1,5}$'),
  prometheus_jobs: {
    description: 'Further jobs, beside those that come from the inventory.',
    type: 'array',
    items: extraJob,
    default: [],
  },
  prometheus_rules: { description: 'Further rules, recording or alert.', type: 'array', items: rule, default: [] },
  prometheus_alerts_off: {
    description: 'Alerts that are left out.',
    type: 'array',
    items: { enum: ALL_ALERTS },
    uniqueItems: true,
    default: [],
  },
  prometheus_alert_for: {
    description: 'How long it must be true, by alert, where the default is not right.',
    type: 'object',
    propertyNames: { enum: ALL_ALERTS },
    additionalProperties: { type: 'string', pattern: DURATION },
    default: {},
  },
  prometheus_max_error_ratio: {
    description: 'Part of answers with status 5xx.',
    type: 'number',
    exclusiveMinimum: 0,
    maximum: 1,
    default: 0.05,
  },
  prometheus_min_qps_ratio: {
    description: "Least part of the last hour's requests per second.",
    type: 'number',
    exclusiveMinimum: 0,
    maximum: 1,
    default: 0.3,
  },
  prometheus_min_qps: {
    description: 'Requests per second below which nothing is concluded from a drop.',
    type: 'number',
    minimum: 0,
    default: 1,
  },
  prometheus_max_lag: { description: 'Seconds that a replica may be behind.', type: 'number', minimum: 0, default: 30 },
  prometheus_max_link_seconds: {
    description: 'Mean time that a probe of a link may take, in seconds.',
    type: 'number',
    exclusiveMinimum: 0,
    default: 0.5,
  },
  prometheus_min_cert_days: {
    description: 'Days that a certificate must still hold.',
    type: 'integer',
    minimum: 1,
    default: 14,
  },
  prometheus_drift_max_age: {
    description:
      'Seconds after which `provision drift --textfile` must have looked again: turns on the alerts on what it tells (docs/drift.md).',
    type: 'integer',
    minimum: 60,
    optional: true,
  },
  prometheus_min_disk_ratio: {
    description: 'Part of a file system that must be free.',
    type: 'number',
    exclusiveMinimum: 0,
    maximum: 1,
    default: 0.1,
  },
  prometheus_gate_timeout: {
    description: 'Seconds that a run waits, after a change, until every expected target is up. 0: it does not.',
    type: 'integer',
    minimum: 0,
    maximum: 240,
    default: 60,
  },
} as const satisfies VarSchemas

export type PrometheusVars = VarsOf<typeof vars>
