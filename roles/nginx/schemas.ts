/** What a site, a location and an upstream may say. */

/** Names become file names and names inside nginx.conf. */
const NAME = '^[A-Za-z0-9][A-Za-z0-9_.-]*$'
/** `30s`, `1m 30s`, `12h`, as nginx reads times. */
export const TIME = '^[0-9]+(ms|[smhdwMy])?$'
export const SIZE = '^[0-9]+[kKmMgG]?$'
export const PATH = '^/[^\\s;{}"\'$]*$'
/** `80`, `127.0.0.1:8080`, `[::1]:8080`, `*:80`. */
const LISTEN = '^((\\[[0-9A-Fa-f:.]+\\]|[0-9.]+|\\*):)?[0-9]{1,5}$'

export const headers = {
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

export const site = {
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
      description:
        'Ports (of IPv4 and, with nginx_ipv6, IPv6), or address:port: *:80 is IPv4, [::]:80 IPv6. Default: 80, with tls 443.',
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

export const upstream = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: { type: 'string', pattern: NAME },
    servers: { type: 'array', items: server, default: [] },
    tier: { description: 'The hosts of a tier or a group, in place of or beside servers.', type: 'string' },
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
