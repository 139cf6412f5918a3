import type { FromSchema } from 'json-schema-to-ts'
import { HOOK } from './hooks.ts'
import { NAME_PATTERN, VARS } from './names.ts'
import { RECORDS } from './records.ts'
import { ROLLOUT } from './rollout.ts'

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

export type SiteFile = FromSchema<typeof SITE_SCHEMA>
