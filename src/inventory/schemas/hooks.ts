import type { FromSchema } from 'json-schema-to-ts'
import { MOMENTS } from '../../hooks/hook.ts'

/** One of `hooks:` in site.yml */
export const HOOK = {
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

export type HookFile = FromSchema<typeof HOOK>
