import { LIKE_PEERS, type VarSchemas, type VarsOf } from 'provision'
import { headers, PATH, SIZE, site, TIME, upstream } from './schemas.ts'

export const vars = {
  nginx_worker_processes: {
    description: 'Number of workers; auto: one per CPU.',
    type: ['string', 'integer'],
    pattern: '^auto$',
    minimum: 1,
    default: 'auto',
  },
  nginx_worker_connections: {
    description: 'Connections per worker, those to upstreams included.',
    type: 'integer',
    minimum: 64,
    default: 4096,
  },
  nginx_sites: { description: 'What is served.', type: 'array', items: site, default: [] },
  nginx_upstreams: {
    description: 'Groups of servers that sites pass requests to.',
    type: 'array',
    items: upstream,
    default: [],
  },
  nginx_client_max_body_size: {
    description: 'Largest request body; 0: any.',
    type: 'string',
    pattern: SIZE,
    default: '10m',
  },
  nginx_server_tokens: { description: 'Tell the version in headers and error pages.', type: 'boolean', default: false },
  nginx_keepalive_timeout: {
    description: 'How long an idle client connection stays.',
    type: 'string',
    pattern: TIME,
    default: '65s',
  },
  nginx_tls_protocols: {
    description: 'Versions of TLS that are spoken.',
    type: 'array',
    items: { enum: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] },
    minItems: 1,
    default: ['TLSv1.2', 'TLSv1.3'],
  },
  nginx_real_ip_from: {
    description: 'Proxies whose X-Forwarded-For is believed: addresses and networks.',
    type: 'array',
    items: { type: 'string', pattern: '^[0-9A-Fa-f:./]+$' },
    default: [],
  },
  nginx_real_ip_from_tiers: {
    description: 'Tiers and groups whose hosts are such proxies, usually the load balancers.',
    type: 'array',
    items: { type: 'string' },
    default: [],
  },
  nginx_proxy_connect_timeout: {
    description: 'How long a server of an upstream may take to accept, before the next is asked.',
    type: 'string',
    pattern: TIME,
    default: '2s',
  },
  nginx_status_listen: {
    description: 'Where /stub_status is, for the exporter; empty: nowhere.',
    type: 'string',
    pattern: '^((\\[[0-9A-Fa-f:.]+\\]|[0-9.]+):[0-9]{1,5})?$',
    default: '127.0.0.1:8081',
  },
  nginx_health_path: {
    description: 'Answers 200 ok, in every site.',
    type: 'string',
    pattern: PATH,
    default: '/healthz',
  },
  nginx_drain_file: {
    description: 'While it exists, the health path answers 503: load balancers send nothing new.',
    type: 'string',
    pattern: PATH,
    default: '/var/lib/provision-nginx/drain',
  },
  nginx_rollout_others: {
    description: 'Other servers of the backend that must be up on each load balancer before this one is drained.',
    type: 'integer',
    minimum: 0,
    default: 1,
  },
  nginx_verify: {
    ...LIKE_PEERS,
    description:
      'Ask Prometheus about a host that was put back, before the next one: requests like the others of its tier, no more errors than before. {} for all defaults.',
    optional: true,
  },
  nginx_stop_timeout: {
    description: 'Seconds that open requests get when nginx stops (Debian: 5).',
    type: 'integer',
    minimum: 1,
    default: 30,
  },
  nginx_headers: {
    ...headers,
    description: 'Response headers of all sites.',
    default: { 'X-Content-Type-Options': 'nosniff' },
  },
  nginx_ipv6: { description: 'Listen on IPv6 too.', type: 'boolean', default: true },
  nginx_hold: { description: 'Keep the package at its version.', type: 'boolean', default: false },
  nginx_firewall: {
    description: 'Open the ports in ufw; false on hosts without the role ufw.',
    type: 'boolean',
    default: true,
  },
  nginx_allow_from: {
    description: 'Addresses and networks that may connect. Empty, and no tiers: anyone.',
    type: 'array',
    items: { type: 'string' },
    default: [],
  },
  nginx_allow_from_tiers: {
    description: 'Tiers and groups whose hosts may connect.',
    type: 'array',
    items: { type: 'string' },
    default: [],
  },
} as const satisfies VarSchemas

export type NginxVars = VarsOf<typeof vars>
export type Site = NginxVars['nginx_sites'][number]
export type Location = Site['locations'][number]
export type Upstream = NginxVars['nginx_upstreams'][number]
