import type { FromSchema } from 'json-schema-to-ts'
import { MOMENTS } from '../hooks/hook.ts'
import { TRANSPORTS } from './transports.ts'

export const NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9_.-]*$'

/** The one place that says what site.yml and hosts.yml may hold: types, checks and editors' schemas come from here. */

const VARS = {
  type: 'object',
  description: 'Vars of roles, by name.',
  additionalProperties: true,
} as const

const JUMP = '(ssh://)?([^@,\\s]+@)?(\\[[0-9A-Fa-f:.%]+\\]|[A-Za-z0-9_][A-Za-z0-9._%-]*)(:[0-9]{1,5})?'
const JUMPS = `^${JUMP}(\\s*,\\s*${JUMP})*$`

const CONNECTION = {
  type: 'object',
  description:
    'How to log in. Narrower settings win: host, tier, groups, all. Paths are relative to this file; ~ is your home.',
  additionalProperties: false,
  properties: {
    transport: {
      enum: TRANSPORTS,
      description:
        'ssh: built in. openssh: the ssh program. local: this machine. Default: ssh, or openssh where ~/.ssh/config says what only the program can do.',
    },
    proxy_jump: {
      type: 'string',
      pattern: JUMPS,
      description:
        'Jump hosts on the way, in order, with commas: names of this inventory, or [user@]address[:port]. none: no jump host, whatever ~/.ssh/config says. Default: as ~/.ssh/config has it.',
    },
    ssh_config: {
      type: ['boolean', 'string'],
      minLength: 1,
      description:
        'true (default): ~/.ssh/config and /etc/ssh/ssh_config are read. A path: this file alone. false: none.',
    },
    user: {
      type: 'string',
      pattern: '^[A-Za-z0-9_][A-Za-z0-9._@\\\\-]*\\$?$',
      description: 'Login name. Default: root.',
    },
    port: { type: 'integer', minimum: 1, maximum: 65535, description: 'Port of sshd. Default: 22.' },
    identity_file: {
      type: 'string',
      minLength: 1,
      description: 'Private key. Default: the agent, then ~/.ssh/id_*.',
    },
    known_hosts: { type: 'string', minLength: 1, description: 'Known host keys. Default: ~/.ssh/known_hosts.' },
    host_key_checking: {
      enum: ['strict', 'accept-new'],
      description: 'strict (default): an unknown key is refused. accept-new: it is added; a changed one is refused.',
    },
    become: {
      enum: ['none', 'sudo'],
      description: 'How to become root. Default: sudo, or none where the user is root.',
    },
    become_password_file: {
      type: 'string',
      minLength: 1,
      description: "File with sudo's password on its first line. Default: sudo asks for none.",
    },
    connect_timeout: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 600,
      description: 'Seconds until the login must be done. Default: 10.',
    },
  },
} as const

/** Of one host alone: no two log in at the same place. */
const HOST_CONNECTION = {
  ...CONNECTION,
  properties: {
    ...CONNECTION.properties,
    host: {
      type: 'string',
      pattern: '^[A-Za-z0-9:_][A-Za-z0-9:._%-]*$',
      description:
        'Name or address to log in at, where that is not `address`: a management network, a Host of ~/.ssh/config.',
    },
  },
} as const

const HOST = {
  type: 'object',
  additionalProperties: false,
  required: ['address'],
  properties: {
    address: {
      type: 'string',
      pattern: '^[A-Za-z0-9:_][A-Za-z0-9:._%-]*$',
      description: 'IP address or DNS name, without a port: what the other hosts reach it by.',
    },
    connection: HOST_CONNECTION,
    groups: {
      type: 'array',
      items: { type: 'string', pattern: NAME_PATTERN },
      uniqueItems: true,
      description: 'Groups that it is in, beside its tier: a place, a stage of a rollout.',
    },
    vars: VARS,
  },
} as const

const GROUP = {
  type: ['object', 'null'],
  additionalProperties: false,
  description: 'Hosts that have something in common. Empty: those that name it themselves.',
  properties: {
    hosts: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      description: 'Names of hosts, and globs: web1, eu-*, web{01..12}.',
    },
    groups: {
      type: 'array',
      items: { type: 'string', pattern: NAME_PATTERN },
      uniqueItems: true,
      description: 'Groups, or whole tiers, that are in it. Where both set a var, the inner group wins.',
    },
    connection: CONNECTION,
    vars: VARS,
  },
} as const

/** inventories/<name>/hosts.yml */
export const HOSTS_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'provision: hosts.yml',
  type: 'object',
  additionalProperties: false,
  required: ['tiers'],
  properties: {
    connection: CONNECTION,
    age_key_file: {
      type: 'string',
      minLength: 1,
      description: 'Age key of *.sops.yml, beside those in $SOPS_AGE_KEY, $SOPS_AGE_KEY_FILE and ~/.config/sops.',
    },
    vars: VARS,
    groups: {
      type: 'object',
      description: 'Groups by name: all that there are, where this is written.',
      propertyNames: { pattern: NAME_PATTERN },
      additionalProperties: GROUP,
    },
    tiers: {
      type: 'object',
      description: 'Tiers of site.yml and the hosts in each.',
      propertyNames: { pattern: NAME_PATTERN },
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['hosts'],
        properties: {
          connection: CONNECTION,
          vars: VARS,
          hosts: {
            type: 'object',
            description: 'Hosts by name.',
            propertyNames: { pattern: NAME_PATTERN },
            additionalProperties: HOST,
          },
        },
      },
    },
  },
} as const

const SERIAL = {
  type: ['integer', 'string'],
  minimum: 1,
  pattern: '^([1-9][0-9]?|100)%$',
  description: 'Hosts at a time: a number from 1, or a percentage such as 25%.',
} as const

const seconds = (description: string) => ({ type: 'number', minimum: 0, maximum: 86_400, description }) as const

const ROLLOUT = {
  type: 'object',
  description: 'How changes go out over the hosts of the tier.',
  additionalProperties: false,
  properties: {
    serial: {
      description:
        'Hosts at a time: a number from 1, or a percentage such as 25%; or a list, canaries first: [1, 25%]. Default: all at once, but one by one where hosts are drained.',
      anyOf: [SERIAL, { type: 'array', items: SERIAL, minItems: 1 }],
    },
    serial_down: {
      ...SERIAL,
      description:
        'The same for hosts of which no service runs, such as new ones: they come first, so many at a time. Default: as serial has it.',
    },
    head_start: {
      type: 'boolean',
      description:
        'Hosts of which no service runs, such as new ones, are given their first roles before the first tier has its turn, as far as these need no other host (base, ufw, node_exporter). Default: false.',
    },
    max_fail_percentage: {
      type: 'number',
      minimum: 0,
      maximum: 100,
      description:
        'Failed hosts of the tier, in percent, above which the rest is not begun. Default: 100, a failed host stops no other; 0 where hosts are drained.',
    },
    max_failures: {
      type: 'integer',
      minimum: 0,
      description: 'Failed hosts of the tier above which the rest is not begun; the stricter of both counts.',
    },
    failure_domain: {
      description:
        'Var of the hosts, such as rack, or groups: [eu, us], [rack-*]. Hosts with different values of it, or in different ones of these groups, are never at work at the same time.',
      anyOf: [
        { type: 'string', minLength: 1 },
        { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1, uniqueItems: true },
      ],
    },
    pause: seconds('Seconds between batches: then a batch ends before the next begins. Default: 0.'),
    confirm: { type: 'boolean', description: 'Ask before each batch but the first. Default: false.' },
    soak: seconds("Seconds for which a host's gates must hold before the next host is begun. Default: 0."),
    drain_timeout: seconds('Seconds that each step of a drain may take. Default: as the role has it.'),
    gate_timeout: seconds('Seconds that each gate may take. Default: as the role has it.'),
  },
} as const

export const RECORDS = {
  type: 'object',
  description: 'What every run writes down: provision history and show read it.',
  additionalProperties: false,
  properties: {
    dir: {
      type: 'string',
      minLength: 1,
      description:
        "Folder; several people and machines may share one. Relative to the project's folder; ~ is your home. Default: ~/.local/state/provision/records/, a folder for each project.",
    },
    keep: {
      type: 'integer',
      minimum: 1,
      description: 'Runs that are kept of each inventory, and as many dry ones. Default: 500.',
    },
    days: { type: 'integer', minimum: 1, description: 'Days after which a record goes. Default: 180.' },
  },
} as const

const HOOK = {
  type: 'object',
  description: 'A program or a web address that is told of runs: run, url or url_file.',
  additionalProperties: false,
  required: ['on'],
  properties: {
    on: {
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      items: { enum: MOMENTS },
      description:
        'When: planned, begun (before the first change), drained and back (a host), failed (the first host), finished.',
    },
    run: {
      type: 'array',
      minItems: 1,
      items: { type: 'string', minLength: 1 },
      description:
        "Program and arguments, the event on its standard input. A path is relative to the project's folder.",
    },
    url: { type: 'string', pattern: '^https?://\\S+$', description: 'Where the event is posted to.' },
    url_file: {
      type: 'string',
      minLength: 1,
      description:
        "File that holds the address, where that is a secret. Relative to the project's folder; ~ is your home.",
    },
    headers_file: {
      type: 'string',
      minLength: 1,
      description: 'File with headers for url, one a line: Authorization: Bearer …',
    },
    timeout: { type: 'number', exclusiveMinimum: 0, maximum: 600, description: 'Seconds. Default: 10.' },
    required: {
      type: 'boolean',
      description: 'Where it fails at planned or begun, nothing is changed. Default: false, a failure is told.',
    },
    dry_runs: { type: 'boolean', description: 'Dry runs call it, too. Default: false.' },
  },
} as const

/** inventories/site.yml, or inventories/<name>/site.yml */
export const SITE_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'provision: site.yml',
  type: 'object',
  additionalProperties: false,
  required: ['tiers'],
  properties: {
    tiers: {
      type: 'array',
      minItems: 1,
      description: 'Tiers in the order in which they are changed.',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'roles'],
        properties: {
          name: {
            type: 'string',
            pattern: NAME_PATTERN,
            not: { const: 'all' },
            description: 'Name of the tier; not all, which stands for every host.',
          },
          roles: {
            type: 'array',
            items: { type: 'string' },
            uniqueItems: true,
            description: 'Roles of its hosts, in order.',
          },
          vars: VARS,
          rollout: ROLLOUT,
        },
      },
    },
    records: RECORDS,
    hooks: { type: 'array', description: 'Who is told of runs.', items: HOOK },
  },
} as const

export type HostsFile = FromSchema<typeof HOSTS_SCHEMA>
export type SiteFile = FromSchema<typeof SITE_SCHEMA>
export type HookFile = FromSchema<typeof HOOK>
export type RecordsFile = FromSchema<typeof RECORDS>
export type RolloutFile = FromSchema<typeof ROLLOUT>
export type ConnectionFile = FromSchema<typeof HOST_CONNECTION>
