import type { VarSchemas, VarsOf } from 'provision'

const NAME = '^[^\\x00-\\x1f`]{1,64}$'
const PORT = { type: 'integer', minimum: 1, maximum: 65535 } as const

const grant = {
  type: 'object',
  additionalProperties: false,
  required: ['on', 'privileges'],
  properties: {
    on: { description: '*.*, DATABASE.* or DATABASE.TABLE.', type: 'string' },
    privileges: { description: 'As GRANT names them; ALL.', type: 'array', items: { type: 'string' }, minItems: 1 },
    grant_option: { description: 'May pass them on.', type: 'boolean', default: false },
  },
} as const

export const vars = {
  mysql_package: {
    description: "Package of the server. Default mysql-server; mysql-community-server is that of Oracle's repository.",
    type: 'string',
    pattern: '^[a-z0-9][a-z0-9+.-]+$',
    optional: true,
  },
  mysql_role: {
    description:
      'What the server is at the very first start of its group; later the servers themselves know. Default: the first host of the tier is the primary.',
    enum: ['primary', 'replica'],
    optional: true,
  },
  mysql_server_id: {
    description: 'Unique in the group. Default: made of the IPv4 address.',
    type: 'integer',
    minimum: 1,
    maximum: 4294967295,
    optional: true,
  },
  mysql_bind_address: {
    description: "Where it listens. Default: loopback and the host's own address, or all where the host lacks that.",
    type: 'string',
    pattern: '^[0-9A-Za-z.:,*]+$',
    optional: true,
  },
  mysql_port: { description: 'Port of the server.', ...PORT, default: 3306 },
  mysql_buffer_pool: {
    description: "InnoDB's cache: half to three quarters of the memory of a host of its own.",
    type: 'string',
    pattern: '^[0-9]+[KMG]?$',
    default: '128M',
  },
  mysql_binlog_retention: {
    description: 'How long binary logs are kept: 7d, 36h. A replica that was away for longer is cloned.',
    type: 'string',
    pattern: '^[1-9][0-9]*[dh]$',
    default: '7d',
  },
  mysql_semisync: {
    description: 'A commit waits until one replica has it (at most 10 s).',
    type: 'boolean',
    default: false,
  },
  mysql_options: {
    description:
      'Further server variables, by name: into the option file, and at once where that needs no restart. An option that no variable shows (plugin_load_add) counts from the next start.',
    type: 'object',
    propertyNames: { pattern: '^[a-z][a-z0-9_-]*$' },
    additionalProperties: { type: ['string', 'number', 'boolean'], pattern: '^[^\\n]*$' },
    default: {},
  },
  mysql_restart_replicas: {
    description: 'A run may restart a replica for a variable that needs it. A primary is never restarted.',
    type: 'boolean',
    default: true,
  },
  mysql_unattended_upgrades: {
    description: 'unattended-upgrades may upgrade and restart the server, the primary too, which then waits for a run.',
    type: 'boolean',
    default: false,
  },
  mysql_databases: {
    description: 'Databases, made on the primary.',
    type: 'array',
    items: {
      type: 'object',
      additionalProperties: false,
      required: ['name'],
      properties: {
        name: { type: 'string', pattern: NAME },
        charset: { type: 'string', pattern: '^[a-z0-9_]+$', default: 'utf8mb4' },
        collation: { type: 'string', pattern: '^[a-z0-9_]+$' },
        state: { description: 'absent drops it and all that is in it.', enum: ['present', 'absent'] },
      },
    },
    default: [],
  },
  mysql_users: {
    description: 'Accounts, made on the primary. Privileges that are not listed are revoked.',
    type: 'array',
    items: {
      type: 'object',
      additionalProperties: false,
      required: ['name'],
      properties: {
        name: { type: 'string', minLength: 1, maxLength: 32 },
        host: { description: 'Where it logs in from: 10.0.0.%.', type: 'string', default: '%' },
        password: {
          description: 'None: over the socket only, as the system user of the same name.',
          type: 'string',
          minLength: 1,
          secret: true,
        },
        tls: { enum: ['none', 'ssl', 'x509'], default: 'none' },
        grants: { type: 'array', items: grant, default: [] },
        state: { enum: ['present', 'absent'] },
      },
    },
    default: [],
  },
  mysql_repl_user: { description: 'Account of replication.', type: 'string', default: 'replication' },
  mysql_repl_password: {
    description: 'Its password: at most 32 characters. Needed where the tier has several servers.',
    type: 'string',
    minLength: 1,
    maxLength: 32,
    secret: true,
    optional: true,
  },
  mysql_clone_user: { description: 'Account that may copy a whole server.', type: 'string', default: 'clone' },
  mysql_clone_password: {
    description: 'Its password. Not set: no server is built or rebuilt by clone.',
    type: 'string',
    minLength: 1,
    secret: true,
    optional: true,
  },
  mysql_exporter_user: { description: 'Account of the metrics exporter.', type: 'string', default: 'exporter' },
  mysql_exporter_password: {
    description: 'Its password. Not set: there is no such account.',
    type: 'string',
    minLength: 1,
    secret: true,
    optional: true,
  },
  mysql_tls_ca: {
    description:
      'Certificate (PEM) of the CA of all servers of the group. Not set: each server makes its own at first start.',
    type: 'string',
    pattern: '-----BEGIN CERTIFICATE-----',
    optional: true,
  },
  mysql_tls_cert: {
    description: "Certificate (PEM) of this server, with its address among the subject's alternative names.",
    type: 'string',
    pattern: '-----BEGIN CERTIFICATE-----',
    optional: true,
  },
  mysql_tls_key: { description: 'Its key (PEM).', type: 'string', secret: true, optional: true },
  mysql_allow_clone: {
    description: 'Consent, for one run: all data of this server may be replaced by a copy of its source.',
    type: 'boolean',
    default: false,
  },
  mysql_allow_promote: {
    description: 'Consent, for one run: this server may become writable although not all others could be asked.',
    type: 'boolean',
    default: false,
  },
  mysql_catch_up: {
    description: 'Seconds that a replica may take to catch up after a change of its replication.',
    type: 'integer',
    minimum: 1,
    default: 120,
  },
  mysql_allow_from_tiers: {
    description: 'Tiers and groups whose hosts may connect. The servers of its own tier always may.',
    type: 'array',
    items: { type: 'string' },
    default: ['app', 'monitor'],
  },
  mysql_allow_from: {
    description: 'Further addresses and networks that may connect.',
    type: 'array',
    items: { type: 'string' },
    default: [],
  },
  mysql_firewall: {
    description: 'Open the port in ufw; false on hosts without the role ufw.',
    type: 'boolean',
    default: true,
  },
} as const satisfies VarSchemas

export type MysqlVars = VarsOf<typeof vars>
