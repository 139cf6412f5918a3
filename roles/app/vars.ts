import { LIKE_PEERS, type VarSchemas, type VarsOf } from 'provision'

const NAME = '^[a-z][a-z0-9_-]{0,30}$'
/** A word of a unit file: no blanks, no line ends, no specifier of systemd. */
const INSIDE = '^(?!.*(^|/)\\.{0,2}(/|$))[A-Za-z0-9._/-]+$'
/** One line; systemd would read % as a specifier. */
const COMMAND = '^/[^\\n%]*$'

/** What the role app may be told. */
export const vars = {
  app_name: {
    description: 'Name of the service, and of its user and folder where those are not set.',
    type: 'string',
    pattern: NAME,
  },
  app_version: {
    description: 'Version that runs. Its content never changes: another artifact needs another version.',
    type: 'string',
    pattern: '^(?!.*\\.tmp$)[A-Za-z0-9][A-Za-z0-9._-]*$',
  },
  app_artifact: {
    description:
      "The release: a .tar.gz (of 64 MiB at most) of the release's tree, its path in the project, its SHA-256.",
    type: 'object',
    additionalProperties: false,
    required: ['path', 'sha256'],
    properties: {
      path: {
        description: 'Relative to the project; `{version}` in it stands for app_version.',
        type: 'string',
        minLength: 1,
      },
      sha256: {
        description: '`provision release set` computes it.',
        type: 'string',
        pattern: '^[0-9a-f]{64}$',
      },
    },
  },
  app_exec: {
    description: 'Program with its arguments, as ExecStart has it; it starts inside the release.',
    type: 'string',
    pattern: COMMAND,
  },
  app_port: {
    description: 'Port it listens on; it is told in PORT.',
    type: 'integer',
    minimum: 1,
    maximum: 65535,
  },
  app_packages: {
    description: 'Debian packages that it needs, such as its interpreter.',
    type: 'array',
    items: { type: 'string', pattern: '^[a-z0-9][a-z0-9+.-]+$' },
    default: [],
  },
  app_user: {
    description:
      'User and group that it runs as, made when missing; an account that is there stays as it is. Default: app_name.',
    type: 'string',
    pattern: '^[a-z_][a-z0-9_-]{0,30}$',
    optional: true,
  },
  app_dir: {
    description: 'Holds releases, shared, config and the link current. Default: /srv/ and app_name.',
    type: 'string',
    pattern: '^/[A-Za-z0-9._/-]+[A-Za-z0-9._-]$',
    optional: true,
  },
  app_keep_releases: {
    description: 'Releases that stay on a host, for the way back.',
    type: 'integer',
    minimum: 2,
    default: 5,
  },
  app_shared: {
    description: 'Folders inside the release that stay when the version changes, and that it may write to.',
    type: 'array',
    items: { type: 'string', pattern: INSIDE },
    default: [],
  },
  app_env: {
    description: "Environment (a file 0600). Passwords belong into app_credentials: a process's children inherit this.",
    type: 'object',
    propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
    additionalProperties: { type: ['string', 'integer', 'boolean'] },
    default: {},
  },
  app_credentials: {
    description: 'Secrets by name. It reads them as files in $CREDENTIALS_DIRECTORY (systemd LoadCredential).',
    type: 'object',
    propertyNames: { pattern: '^[A-Za-z0-9][A-Za-z0-9_-]*$' },
    additionalProperties: { type: 'string', secret: true },
    default: {},
  },
  app_health_path: {
    description: 'Answers 200 on localhost when it serves.',
    type: 'string',
    pattern: '^/[!-~]*$',
    default: '/healthz',
  },
  app_metrics: {
    description: 'It has metrics: Prometheus scrapes /metrics on app_port.',
    type: 'boolean',
    default: true,
  },
  app_ready_timeout: {
    description: 'Seconds until it must.',
    type: 'integer',
    minimum: 1,
    maximum: 180,
    default: 60,
  },
  app_drain_timeout: {
    description: 'Seconds that connections get to end when a rolling run takes the host out of the upstreams.',
    type: 'integer',
    minimum: 1,
    default: 60,
  },
  app_verify: {
    ...LIKE_PEERS,
    description:
      'Ask Prometheus about a host that was put back, before the next one: requests like the others of its tier, no more errors than before. {} for all defaults.',
    optional: true,
  },
  app_stop_timeout: {
    description: 'Seconds that open requests get when it stops.',
    type: 'integer',
    minimum: 1,
    maximum: 120,
    default: 30,
  },
  app_migrate_cmd: {
    description:
      'Command in the new release, before the switch: once for each version, on one host, before any other host gets it.',
    type: 'string',
    pattern: COMMAND,
    optional: true,
  },
  app_migrate_on: {
    description: 'Host of the tier that migrates. Default: the first one of the inventory.',
    type: 'string',
    optional: true,
  },
  app_migrate_timeout: {
    description: 'Seconds that migrations may take.',
    type: 'integer',
    minimum: 1,
    maximum: 300,
    default: 300,
  },
  app_after: {
    description: 'Units of the host that come first, such as a local database.',
    type: 'array',
    items: { type: 'string', pattern: '^[A-Za-z0-9:_.@-]+\\.(service|socket|target|mount)$' },
    default: [],
  },
  app_allow_from: {
    description: 'Addresses and networks that may connect.',
    type: 'array',
    items: { type: 'string' },
    default: [],
  },
  app_allow_from_tiers: {
    description: 'Tiers and groups whose hosts may connect, those of the inventory.',
    type: 'array',
    items: { type: 'string' },
    default: ['web', 'monitor'],
  },
  app_firewall: {
    description: 'Open the port in ufw; false on hosts without the role ufw.',
    type: 'boolean',
    default: true,
  },
} as const satisfies VarSchemas

export type AppVars = VarsOf<typeof vars>
