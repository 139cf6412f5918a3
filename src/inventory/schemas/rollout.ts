import type { FromSchema } from 'json-schema-to-ts'

const SERIAL = {
  type: ['integer', 'string'],
  minimum: 1,
  pattern: '^([1-9][0-9]?|100)%$',
  description: 'Hosts at a time: a number from 1, or a percentage such as 25%.',
} as const

const seconds = (description: string) => ({ type: 'number', minimum: 0, maximum: 86_400, description }) as const

/** How the changes of a tier go out. */
export const ROLLOUT = {
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

export type RolloutFile = FromSchema<typeof ROLLOUT>
