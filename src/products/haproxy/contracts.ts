import { contract } from '../../contracts/contract.ts'

/** A group of servers that a load balancer sends requests to. */
export const backend = contract('backend', {
  name: { description: 'As the load balancer calls it.', type: 'string', minLength: 1 },
  tier: {
    description: 'Its servers are the hosts of this tier or group, under their names.',
    type: 'string',
    optional: true,
  },
  port: { description: 'Port of the hosts of the tier.', type: 'integer', minimum: 1, maximum: 65535, optional: true },
  servers: {
    description: 'Servers that are listed.',
    type: 'array',
    items: {
      type: 'object',
      additionalProperties: false,
      required: ['name', 'address'],
      properties: {
        name: { description: 'As the load balancer calls it.', type: 'string' },
        address: { description: 'host:port.', type: 'string' },
      },
    },
  },
  drainTimeout: { description: 'Seconds that connections of a drained server get to end.', type: 'integer' },
})
