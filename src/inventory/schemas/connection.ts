import type { FromSchema } from 'json-schema-to-ts'
import { TRANSPORTS } from '../transports.ts'

const JUMP = '(ssh://)?([^@,\\s]+@)?(\\[[0-9A-Fa-f:.%]+\\]|[A-Za-z0-9_][A-Za-z0-9._%-]*)(:[0-9]{1,5})?'
const JUMPS = `^${JUMP}(\\s*,\\s*${JUMP})*$`

export const CONNECTION = {
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
export const HOST_CONNECTION = {
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

export type ConnectionFile = FromSchema<typeof HOST_CONNECTION>
