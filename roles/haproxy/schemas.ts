/** Names become file names and words of haproxy.cfg. */
export const NAME = '^[A-Za-z0-9][A-Za-z0-9_.-]*$'
/** `500ms`, `30s`, `1h`, as haproxy reads times; a unit is needed, for without one it would mean milliseconds. */
export const TIME = '^[1-9][0-9]*(ms|[smhd])$'
/** `80`, `*:80`, `192.0.2.1:443`, `[2001:db8::1]:443`. */
const BIND = '^((\\[[0-9A-Fa-f:.]+\\]|[0-9.]+|\\*):)?[0-9]{1,5}$'
const PATH = '^/[^\\s#"\'\\\\]*$'
/** One line of haproxy.cfg: what begins a section would end the one that it stands in. */
const LINE = '^(?!\\s*(global|defaults|frontend|backend|listen|peers|resolvers|userlist|program)\\b)[^\\n]+$'

const mode = { description: 'http, or tcp: bytes are passed on as they are.', enum: ['http', 'tcp'] } as const

const lines = {
  description: 'Further lines as haproxy has them, before the routes or servers.',
  type: 'array',
  items: { type: 'string', pattern: LINE },
  default: [],
} as const

const tls = {
  description: 'TLS ends here. Without certs and crt: all of haproxy_certs.',
  type: 'object',
  additionalProperties: false,
  properties: {
    certs: {
      description: 'Names out of haproxy_certs; the first is for clients without SNI.',
      type: 'array',
      items: { type: 'string' },
    },
    crt: {
      description:
        'Files, or directories full of them, that somebody else keeps on the host (certificate, chain, key in one).',
      type: 'array',
      items: { type: 'string', pattern: PATH },
    },
    alpn: {
      description: 'Protocols that are offered; of TCP none by itself.',
      type: 'string',
      pattern: '^[a-z0-9.,/-]+$',
    },
    strict_sni: { description: 'Refuse names that no certificate has.', type: 'boolean', default: false },
  },
} as const

export const frontend = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: { type: 'string', pattern: NAME },
    bind: {
      description:
        'Ports (of IPv4 and, with haproxy_ipv6, IPv6), or address:port: [::]:80 is both, 0.0.0.0:80 IPv4. Default: 80, with tls 443.',
      type: 'array',
      items: { type: ['integer', 'string'], minimum: 1, maximum: 65535, pattern: BIND },
      minItems: 1,
    },
    mode: { ...mode, default: 'http' },
    tls,
    redirect_to_https: {
      description: 'Answers with the same address on https and passes nothing on.',
      type: 'boolean',
      default: false,
    },
    backend: { description: 'Backend for what no route takes.', type: 'string' },
    routes: {
      description: 'Backends by host name and path, the first that fits. Of TCP with tls: by the name of SNI.',
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['backend'],
        properties: {
          hosts: { type: 'array', items: { type: 'string', pattern: '^[A-Za-z0-9.-]+$' }, default: [] },
          paths: {
            description: 'Beginnings of paths.',
            type: 'array',
            items: { type: 'string', pattern: PATH },
            default: [],
          },
          backend: { type: 'string' },
        },
      },
      default: [],
    },
    maxconn: { description: 'Connections of this frontend alone.', type: 'integer', minimum: 1 },
    headers: {
      description: 'Response headers by name.',
      type: 'object',
      propertyNames: { pattern: '^[A-Za-z0-9-]+$' },
      additionalProperties: { type: 'string', pattern: '^[^\\n]*$' },
      default: {},
    },
    allow_from: {
      description: 'Addresses and networks that may connect (ufw). Empty, and no tiers: anyone.',
      type: 'array',
      items: { type: 'string' },
      default: [],
    },
    allow_from_tiers: {
      description: 'Tiers and groups whose hosts may connect.',
      type: 'array',
      items: { type: 'string' },
      default: [],
    },
    lines,
  },
} as const

const server = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'addr'],
  properties: {
    name: { type: 'string', pattern: NAME },
    addr: { description: 'host:port.', type: 'string', pattern: '^[^\\s#"\'\\\\]+:[0-9]{1,5}$' },
    backup: { description: 'Asked only when no other is up.', type: 'boolean', default: false },
    weight: { type: 'integer', minimum: 0, maximum: 256 },
    maxconn: { description: 'More wait in the queue.', type: 'integer', minimum: 1 },
  },
} as const

export const backend = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: { type: 'string', pattern: NAME },
    mode: { ...mode, default: 'http' },
    tier: {
      description: 'Its servers are the hosts of a tier or a group, whatever --limit says; beside servers.',
      type: 'string',
    },
    port: { description: 'Port on the hosts of the tier.', type: 'integer', minimum: 1, maximum: 65535, default: 80 },
    servers: { type: 'array', items: server, default: [] },
    balance: {
      description: 'How servers are chosen.',
      enum: ['roundrobin', 'leastconn', 'source', 'first', 'random'],
      default: 'roundrobin',
    },
    server_maxconn: { description: 'Connections to each server of the tier; more wait.', type: 'integer', minimum: 1 },
    sticky: { description: 'Name of a cookie by which a client stays with its server.', type: 'string', pattern: NAME },
    retry_get: {
      description: 'A GET or HEAD that a server broke off is put to another. Refused connections always are.',
      type: 'boolean',
      default: true,
    },
    check: {
      description: 'How servers are found to be up.',
      type: 'object',
      additionalProperties: false,
      properties: {
        path: {
          description: 'Asked by HTTP; of TCP backends a connection is enough unless it is given.',
          type: 'string',
          pattern: PATH,
        },
        host: {
          description: 'Host header of the question.',
          type: 'string',
          pattern: '^[A-Za-z0-9.:-]+$',
          default: 'haproxy',
        },
        status: {
          description: 'Status that is right: 200, 200-399.',
          type: 'string',
          pattern: '^[0-9]{3}(-[0-9]{3})?$',
          default: '200',
        },
        port: { description: "Default: the server's.", type: 'integer', minimum: 1, maximum: 65535 },
        interval: { type: 'string', pattern: TIME, default: '2s' },
        fall: { description: 'Failures in a row that take a server out.', type: 'integer', minimum: 1, default: 3 },
        rise: { description: 'Successes that bring it back.', type: 'integer', minimum: 1, default: 2 },
      },
      default: {},
    },
    lines,
  },
} as const
