import { contract } from '../../contracts/contract.ts'

/** A group of servers that a web server passes requests to. */
export const upstream = contract('upstream', {
  name: { description: 'As the web server calls it.', type: 'string', minLength: 1 },
  tier: { description: 'Its servers are the hosts of this tier or group.', type: 'string', optional: true },
  port: { description: 'Port of the hosts of the tier.', type: 'integer', minimum: 1, maximum: 65535, optional: true },
  servers: {
    description: 'Servers that are listed, as host:port.',
    type: 'array',
    items: { type: 'string' },
  },
})

/** Where an nginx tells its counters. */
export const nginxStatus = contract('nginxStatus', {
  url: { description: 'Of stub_status, on the host itself.', type: 'string', pattern: '^https?://' },
})
