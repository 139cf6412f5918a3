import type { VarSchemas, VarsOf } from 'provision'

/** A Unix account name, as Debian's adduser takes it. */
const ACCOUNT = '^[a-z_][a-z0-9_-]{0,31}$'

export const vars = {
  base_packages: {
    description: 'Packages that every host shall have. What a role brings by itself need not be here.',
    type: 'array',
    items: { type: 'string' },
    uniqueItems: true,
    default: ['ca-certificates', 'curl'],
  },
  absent_packages: {
    description:
      'Packages that no host shall have, and that may go for those it shall have, e.g. chrony for timesyncd.',
    type: 'array',
    items: { type: 'string' },
    uniqueItems: true,
    default: [],
  },
  apt_hold: {
    description: "Packages that are installed and kept at their version. For a role's package use its own var.",
    type: 'array',
    items: { type: 'string' },
    uniqueItems: true,
    default: [],
  },
  timezone: {
    description: 'Zone of /usr/share/zoneinfo, e.g. Europe/Berlin.',
    type: 'string',
    pattern: '^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$',
    default: 'Etc/UTC',
  },
  time_sync: {
    description: 'timesyncd: systemd keeps the clock right. none: something else does (chrony, the hypervisor).',
    enum: ['timesyncd', 'none'],
    default: 'timesyncd',
  },
  ntp_servers: {
    description: "Time servers, best first. Empty: the distribution's pool.",
    type: 'array',
    items: { type: 'string', pattern: '^[A-Za-z0-9:._-]+$' },
    default: [],
  },
  time_sync_in_containers: {
    description: "Start timesyncd in a container too. Usually the machine's clock is none of a container's business.",
    type: 'boolean',
    default: false,
  },
  admin_users: {
    description: 'People who may log in and become root. A key that is left out of the list is not taken away.',
    type: 'array',
    items: {
      type: 'object',
      additionalProperties: false,
      required: ['name'],
      properties: {
        name: { type: 'string', pattern: ACCOUNT },
        keys: { description: 'Lines of authorized_keys.', type: 'array', items: { type: 'string' }, default: [] },
        exclusive_keys: {
          description: 'Take away every key that is not in `keys`.',
          type: 'boolean',
          default: false,
        },
        sudo: {
          description: 'nopasswd: sudo asks for nothing. password: for the own password. none: no sudo.',
          enum: ['nopasswd', 'password', 'none'],
          default: 'nopasswd',
        },
        password_hash: {
          description: 'As mkpasswd -m yescrypt prints it; needed for sudo: password.',
          type: 'string',
          secret: true,
        },
        groups: { description: 'Further groups.', type: 'array', items: { type: 'string' }, default: [] },
        shell: { type: 'string', default: '/bin/bash' },
        state: {
          description: 'absent: sudo and logins end first, then what runs as the user, then the account goes.',
          enum: ['present', 'absent'],
          default: 'present',
        },
        remove_home: {
          description:
            'With state: absent: the home and the mail go too. Else they stay, with a number that the next account may get.',
          type: 'boolean',
          default: false,
        },
      },
    },
    default: [],
  },
  sysctl: {
    description: 'Kernel settings by name, e.g. net.core.somaxconn: 4096.',
    type: 'object',
    additionalProperties: { type: ['string', 'integer'] },
    default: {},
  },
  ssh_manage: {
    description: 'Write a drop-in for sshd. false: sshd is left as it is.',
    type: 'boolean',
    default: true,
  },
  ssh_port: {
    description:
      'Port of sshd. Default: 22 where the inventory logs in at port 22; where it logs in at another, it is left to the host.',
    type: 'integer',
    minimum: 1,
    maximum: 65535,
    optional: true,
  },
  ssh_extra_ports: {
    description: 'Further ports, e.g. the old one while hosts move to a new one.',
    type: 'array',
    items: { type: 'integer', minimum: 1, maximum: 65535 },
    default: [],
  },
  ssh_permit_root_login: {
    description: 'prohibit-password: root logs in by key only.',
    enum: ['no', 'prohibit-password', 'forced-commands-only', 'yes'],
    default: 'prohibit-password',
  },
  ssh_password_auth: { description: 'Take passwords from users.', type: 'boolean', default: false },
  ssh_max_auth_tries: { description: 'Failed logins per connection.', type: 'integer', minimum: 1, default: 4 },
  ssh_max_sessions: {
    description: 'Sessions per connection (sshd: 10). What works on one host in parallel shares one connection.',
    type: 'integer',
    minimum: 1,
    default: 20,
  },
  ssh_options: {
    description: 'Further keywords of sshd_config(5), e.g. AllowGroups: admins. A list gives one line for each.',
    type: 'object',
    propertyNames: { pattern: '^(?![Mm][Aa][Tt][Cc][Hh]$|[Ii][Nn][Cc][Ll][Uu][Dd][Ee]$)[A-Za-z0-9]+$' },
    additionalProperties: {
      type: ['string', 'integer', 'array'],
      pattern: '^[^\\n]+$',
      items: { type: ['string', 'integer'], pattern: '^[^\\n]+$' },
    },
    default: {},
  },
  unattended_upgrades: {
    description: 'Install security updates every day. false: the host does nothing by itself.',
    type: 'boolean',
    default: true,
  },
  unattended_upgrades_origins: {
    description: "Patterns (Origins-Pattern) of what is installed. Empty: the distribution's choice, security.",
    type: 'array',
    items: { type: 'string', pattern: '^[^"\\n]+$' },
    default: [],
  },
  unattended_upgrades_blacklist: {
    description: 'Packages (regular expressions) that are left out, e.g. those with a restart of their own.',
    type: 'array',
    items: { type: 'string', pattern: '^[^"\\n]+$' },
    default: [],
  },
  unattended_upgrades_reboot: { description: 'Reboot when an update asks for it.', type: 'boolean', default: false },
  unattended_upgrades_reboot_time: {
    description: "When to reboot, in the host's time.",
    type: 'string',
    pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
    default: '04:00',
  },
  unattended_upgrades_timers: {
    description: "Keep apt's daily timers enabled. false: they are left as they are.",
    type: 'boolean',
    default: true,
  },
} as const satisfies VarSchemas

export type BaseVars = VarsOf<typeof vars>
