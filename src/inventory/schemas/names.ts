/** Names of hosts, groups and tiers. */
export const NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9_.-]*$'

export const VARS = {
  type: 'object',
  description: 'Vars of roles, by name.',
  additionalProperties: true,
} as const
