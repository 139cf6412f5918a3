import { contract } from '../../contracts/contract.ts'

const PORT = { type: 'integer', minimum: 1, maximum: 65535 } as const

/** Metrics of a host that every Prometheus of the inventory scrapes. */
export const scrape = contract('scrape', {
  job: {
    description: 'Name of the job: hosts that tell the same share one.',
    type: 'string',
    pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*$',
  },
  port: { description: 'Port of the metrics.', ...PORT },
  address: {
    description: "Address of the metrics. Not set: the host's.",
    type: 'string',
    minLength: 1,
    optional: true,
  },
  path: {
    description: 'Path of the metrics. Not set: /metrics.',
    type: 'string',
    pattern: '^/[^\\s"\\\\]*$',
    optional: true,
  },
  labels: {
    description: 'Labels beside `instance` and `tier`: needed where a host has two targets of one job.',
    type: 'object',
    propertyNames: { pattern: '^[a-zA-Z_][a-zA-Z0-9_]*$' },
    additionalProperties: { type: 'string' },
    optional: true,
  },
})

/** A host that reads metrics: whoever has some lets it in. */
export const metricsReader = contract('metricsReader', {
  address: { description: "Where it comes from. Not set: the host's address.", type: 'string', optional: true },
})

/** A host that asks others in the name of Prometheus, as blackbox_exporter does, to see the way between the two. */
export const prober = contract('prober', { port: { description: 'Where it is told whom to ask.', ...PORT } })

/** A Prometheus that can be asked. */
export const prometheusApi = contract('prometheusApi', {
  port: { description: 'Port of the API.', ...PORT },
  address: { description: "Where it listens. Not set: the host's address.", type: 'string', optional: true },
  scrapeInterval: {
    description: 'Seconds between two scrapes. Not set: 15.',
    type: 'integer',
    minimum: 1,
    optional: true,
  },
  appRequests: { description: 'The counter that it knows the requests of applications by.', type: 'string' },
})
