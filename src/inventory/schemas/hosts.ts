import type { FromSchema } from 'json-schema-to-ts'
import { CONNECTION, HOST_CONNECTION } from './connection.ts'
import { NAME_PATTERN, VARS } from './names.ts'

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

export type HostsFile = FromSchema<typeof HOSTS_SCHEMA>
