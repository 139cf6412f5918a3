import type { VarSchemas, VarsOf } from 'provision'

/** Names become file names and names inside nginx.conf. */
const NAME = '^[A-Za-z0-9][A-Za-z0-9_.-]*$'
/** `30s`, `1m 30s`, `12h`, as nginx reads times. */
const TIME = '^[0-9]+(ms|[smhdwMy])?$'
const SIZE = '^[0-9]+[kKmMgG]?$'
const PATH = '^/[^\\s;{}"\'$]*$'
/** `80`, `127.0.0.1:8080`, `[::1]:8080`, `*:80`. */
const LISTEN = '^((\\[[0-9A-Fa-f:.]+\\]|[0-9.]+|\\*):)?[0-9]{1,5}$'

const headers = {
  description: 'Response headers by name.',
  type: 'object',
  propertyNames: { pattern: '^[A-Za-z0-9-]+$' },
  additionalProperties: { type: 'string', pattern: '^[^\\n]*$' },
  default: {},
} as const

const cache = {
  description: 'How long answers may be kept by browsers: 1h, 30d; off says nothing, no-cache forbids it.',
  type: 'string',
  pattern: '^([0-9]+[smhdwMy]|off|no-cache)$',
} as const

const location = {
  type: 'object',
  additionalProperties: false,
  required: ['path'],
  properties: {
    path: { description: 'Path, or a regular expression where match is regex.', type: 'string', pattern: '^[^\\n]+$' },
    match: { enum: ['prefix', 'exact', 'regex'], default: 'prefix' },
    proxy: { description: 'Name of an upstream that answers.', type: 'string' },
    proxy_path: { description: 'Path that takes the place of `path` upstream.', type: 'string', pattern: PATH },
    read_timeout: { description: 'Longest silence of the upstream.', type: 'string', pattern: TIME, default: '60s' },
    websocket: { description: 'Pass on upgrades of the connection.', type: 'boolean', default: false },
    root: { description: 'Directory that is served.', type: 'string', pattern: PATH },
    try_files: {
      description: 'What is tried in order.',
      type: 'array',
      items: { type: 'string', pattern: '^[^\\s;{}]+$' },
      minItems: 2,
    },
    return: {
      description: 'Answer at once: a status with a body or, from 301 to 308, with an address.',
      type: 'object',
      additionalProperties: false,
      required: ['status'],
      properties: {
        status: { type: 'integer', minimum: 200, maximum: 599 },
        text: { type: 'string' },
      },
    },
    allow: {
      description: 'Addresses and networks that may ask; all others get 403.',
      type: 'array',
      items: { type: 'string', pattern: '^[0-9A-Fa-f:./]+$' },
      default: [],
    },
    cache,
    headers,
  },
} as const

const site = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: { type: 'string', pattern: NAME },
    server_name: {
      description: 'Host names that it answers to. Empty: any that no other site has.',
      type: 'array',
      items: { type: 'string', pattern: '^[^\\s;{}]+$' },
      default: [],
    },
    listen: {
      description: 'Ports, or address:port. Default: 80, with tls 443.',
      type: 'array',
      items: { type: ['integer', 'string'], minimum: 1, maximum: 65535, pattern: LISTEN },
      minItems: 1,
    },
    default: {
      description: 'Answers for host names that no site has. Default: the first site of each port.',
      type: 'boolean',
      default: false,
    },
    root: { description: 'Directory that is served. Default: /var/www/NAME.', type: 'string', pattern: PATH },
    index: { type: 'array', items: { type: 'string', pattern: '^[^\\s;{}]+$' }, default: ['index.html'] },
    files: {
      description: "Small files under root, by path. {{host}} and {{address}} stand for the host's own.",
      type: 'object',
      propertyNames: { pattern: '^(?!.*(^|/)\\.{0,2}(/|$))[^\\n]+$' },
      additionalProperties: { type: 'string' },
      default: {},
    },
    cache,
    headers,
    locations: { type: 'array', items: location, default: [] },
    tls: {
      description: 'Paths of certificate (with its chain) and key on the host.',
      type: 'object',
      additionalProperties: false,
      required: ['cert', 'key'],
      properties: {
        cert: { type: 'string', pattern: PATH },
        key: { type: 'string', pattern: PATH },
        redirect_http: { description: 'Send port 80 to https.', type: 'boolean', default: true },
        http2: { type: 'boolean', default: true },
      },
    },
  },
} as const

const server = {
  type: 'object',
  additionalProperties: false,
  required: ['addr'],
  properties: {
    addr: { description: 'host:port, or unix:/path.', type: 'string', pattern: '^[^\\s;{}]+$' },
    backup: { description: 'Asked only when no other answers.', type: 'boolean', default: false },
    down: { description: 'Not asked.', type: 'boolean', default: false },
    weight: { type: 'integer', minimum: 1 },
    max_fails: { description: 'Failures within fail_timeout that take it out.', type: 'integer', minimum: 0 },
    fail_timeout: { type: 'string', pattern: TIME },
  },
} as const

const upstream = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: { type: 'string', pattern: NAME },
    servers: { type: 'array', items: server, default: [] },
    tier: { description: 'The hosts of a tier, in place of or beside servers.', type: 'string' },
    port: { description: 'Port on the hosts of the tier.', type: 'integer', minimum: 1, maximum: 65535, default: 80 },
    paired: {
      description: 'Host N asks host N of the tier; the others are its backup.',
      type: 'boolean',
      default: false,
    },
    balance: {
      description: 'How servers are chosen.',
      enum: ['round_robin', 'least_conn', 'ip_hash'],
      default: 'round_robin',
    },
    keepalive: { description: 'Idle connections kept per worker.', type: 'integer', minimum: 0, default: 32 },
  },
} as const

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
    description: 'Tiers whose hosts are such proxies, usually the load balancers.',
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
    description: 'Tiers whose hosts may connect.',
    type: 'array',
    items: { type: 'string' },
    default: [],
  },
} as const satisfies VarSchemas

export type NginxVars = VarsOf<typeof vars>
export type Site = NginxVars['nginx_sites'][number]
export type Location = Site['locations'][number]
export type Upstream = NginxVars['nginx_upstreams'][number]
