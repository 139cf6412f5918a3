import type { VarSchemas, VarsOf } from 'provision'
import { backend, frontend, NAME, TIME } from './schemas.ts'

const time = (description: string, value: string) =>
  ({ description, type: 'string', pattern: TIME, default: value }) as const

export const vars = {
  haproxy_frontends: { description: 'Where clients connect.', type: 'array', items: frontend, default: [] },
  haproxy_backends: {
    description: 'Groups of servers that requests go to.',
    type: 'array',
    items: backend,
    default: [],
  },
  haproxy_certs: {
    description: 'Certificates that provision brings: name, and PEM of certificate, chain and private key.',
    type: 'array',
    items: {
      type: 'object',
      additionalProperties: false,
      required: ['name', 'pem'],
      properties: { name: { type: 'string', pattern: NAME }, pem: { type: 'string', secret: true } },
    },
    default: [],
  },
  haproxy_maps: {
    description: 'Map files by name, for lines such as: use_backend %[hdr(host),map(maps/hosts.map)].',
    type: 'object',
    propertyNames: { pattern: NAME },
    additionalProperties: {
      type: 'object',
      propertyNames: { pattern: '^[^\\s#]+$' },
      additionalProperties: { type: 'string', pattern: '^[^\\n]+$' },
    },
    default: {},
  },
  haproxy_maxconn: { description: 'Connections of clients at a time.', type: 'integer', minimum: 100, default: 20000 },
  haproxy_threads: { description: 'Default: one per CPU.', type: 'integer', minimum: 1, optional: true },
  haproxy_timeout_connect: time('How long a server may take to accept.', '5s'),
  haproxy_timeout_client: time('Longest silence of a client.', '30s'),
  haproxy_timeout_server: time('Longest silence of a server.', '30s'),
  haproxy_timeout_http_request: time('How long a client may take to send its headers.', '10s'),
  haproxy_timeout_keep_alive: time("How long an idle client's connection stays.", '10s'),
  haproxy_timeout_queue: time('How long a request may wait for a free server.', '10s'),
  haproxy_timeout_tunnel: time('Longest silence after an upgrade (websocket) and of TCP.', '1h'),
  haproxy_hard_stop_after: time('How long connections of the process before a reload may go on.', '30s'),
  haproxy_drain_timeout: {
    description: 'Seconds that a rolling run waits until a drained server has no connection left.',
    type: 'integer',
    minimum: 1,
    default: 60,
  },
  haproxy_tls_min_version: {
    description: 'Oldest version of TLS that is spoken, to clients and to servers.',
    enum: ['TLSv1.2', 'TLSv1.3'],
    default: 'TLSv1.2',
  },
  haproxy_health_listen: {
    description: 'Where haproxy itself answers /healthz with 200 while it works: what keepalived asks.',
    type: 'string',
    pattern: '^(\\[[0-9A-Fa-f:.]+\\]|[0-9.]+):[0-9]{1,5}$',
    default: '127.0.0.1:8404',
  },
  haproxy_metrics_port: {
    description: 'Port of /metrics for Prometheus.',
    type: 'integer',
    minimum: 1,
    maximum: 65535,
    default: 8405,
  },
  haproxy_metrics_listen: {
    description: "Address of the metrics. Default: the inventory's, or all where the host itself does not have it.",
    type: 'string',
    pattern: '^[0-9A-Fa-f:.]+$',
    optional: true,
  },
  haproxy_monitor_tier: {
    description: 'Tier or group whose hosts may read the metrics.',
    type: 'string',
    default: 'monitor',
  },
  haproxy_metrics_allow_from: {
    description: "Addresses that may read the metrics, in place of the monitor tier's.",
    type: 'array',
    items: { type: 'string' },
    default: [],
  },
  haproxy_firewall: {
    description: 'Open the ports in ufw; false on hosts without the role ufw.',
    type: 'boolean',
    default: true,
  },
  haproxy_ipv6: { description: 'Ports listen on IPv6 too.', type: 'boolean', default: true },
  haproxy_hold: { description: 'Keep the package at its version.', type: 'boolean', default: false },
} as const satisfies VarSchemas

export type HaproxyVars = VarsOf<typeof vars>
export type Frontend = HaproxyVars['haproxy_frontends'][number]
export type Backend = HaproxyVars['haproxy_backends'][number]
