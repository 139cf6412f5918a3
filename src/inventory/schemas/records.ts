import type { FromSchema } from 'json-schema-to-ts'

/** `records:` of site.yml */
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

export type RecordsFile = FromSchema<typeof RECORDS>
