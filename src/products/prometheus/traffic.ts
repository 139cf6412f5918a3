import type { RolloutStep } from '../../rollout/step.ts'
import type { FieldSchema } from '../../schemas/fields.ts'
import { givenTo } from '../../schemas/given.ts'
import { PROMETHEUS, type PromqlPlace, promqlHolds } from './promql.ts'

/** A counter as Prometheus has it: one series per server, or several that are added up. */
export interface Counter {
  readonly metric: string
  /** Matchers of labels that all its series have: `job="nginx"`. */
  readonly matchers?: readonly string[] | undefined
}

/** A server among others that get the same kind of requests. */
export interface ServerTraffic {
  /** What the label says of the server, and of the others. */
  readonly instance: string
  readonly peers: readonly string[]
  /** Label that tells servers apart. Default instance. */
  readonly label?: string | undefined
  /** Requests that were answered. */
  readonly requests: Counter
  /** Requests per second of all peers together below which nothing is concluded: it holds. Default 5. */
  readonly minQps?: number | undefined
  /** Seconds that a rate is taken over: four scrapes or more. Default 60. */
  readonly window?: number | undefined
  /** Where Prometheus listens, as the hosts see it that ask. Default 127.0.0.1, 9090. */
  readonly address?: string | readonly string[] | undefined
  readonly port?: number | undefined
}

export interface QpsQuestion extends ServerTraffic {
  /** Part of its peers' mean rate that it must get. Default 0.5. */
  readonly ratio?: number | undefined
}

export interface ErrorsQuestion extends ServerTraffic {
  /** Requests that failed; of several counters the first that Prometheus knows. */
  readonly errors: readonly Counter[]
  /** Part of its requests by which it may fail more often than all of them together did before. Default 0.01. */
  readonly ratio?: number | undefined
  /** Seconds ago that `before` is. Default 600. */
  readonly since?: number | undefined
}

const COUNTER = {
  type: 'object',
  additionalProperties: false,
  required: ['metric'],
  properties: {
    metric: { description: 'A counter: one series per server, or several that are added up.', type: 'string' },
    matchers: {
      description: 'Matchers of labels that all its series have: `job="nginx"`.',
      type: 'array',
      items: { type: 'string' },
    },
  },
} as const

const SERVER_TRAFFIC = {
  instance: { description: 'What the label says of the server.', type: 'string' },
  peers: {
    description: 'What it says of the others, which get the same kind of requests.',
    type: 'array',
    items: { type: 'string' },
  },
  label: { description: 'Label that tells servers apart.', type: 'string', default: 'instance' },
  requests: { description: 'Requests that were answered.', ...COUNTER },
  minQps: {
    description: 'Requests per second of all peers together below which nothing is concluded: it holds.',
    type: 'number',
    default: 5,
  },
  window: { description: 'Seconds that a rate is taken over: four scrapes or more.', type: 'number', default: 60 },
  ...PROMETHEUS,
} as const satisfies Record<keyof ServerTraffic, FieldSchema>

export const QPS_QUESTION = {
  ...SERVER_TRAFFIC,
  ratio: { description: "Part of its peers' mean rate that it must get.", type: 'number', default: 0.5 },
} as const satisfies Record<keyof QpsQuestion, FieldSchema>

export const ERRORS_QUESTION = {
  ...SERVER_TRAFFIC,
  errors: {
    description: 'Requests that failed; of several counters the first that Prometheus knows.',
    type: 'array',
    items: COUNTER,
  },
  ratio: {
    description: 'Part of its requests by which it may fail more often than all of them together did before.',
    type: 'number',
    default: 0.01,
  },
  since: { description: 'Seconds ago that `before` is.', type: 'number', default: 600 },
} as const satisfies Record<keyof ErrorsQuestion, FieldSchema>

const checkQps = givenTo('qpsLikePeers', QPS_QUESTION)
const checkErrors = givenTo('errorsNotUp', ERRORS_QUESTION)

/** The server gets requests again like the others. Rates need a window with traffic: default within 180 seconds. */
export function qpsLikePeers(question: QpsQuestion, place: PromqlPlace): RolloutStep {
  checkQps(question)
  const { ratio = 0.5, peers, requests, label = 'instance' } = question
  const own = rate(requests, question, [question.instance])
  const all = rate(requests, question, peers)
  // What is scraped but was never asked has a rate of 0; what is not scraped has none, and counts as 0 in no mean.
  const mean = `(${all}) / count(count by (${label}) (${selector(requests, question, peers)}))`
  return promqlHolds(
    {
      ...whereOf(question),
      query: `${quiet(question)} or (${orZero(own)}) >= ${ratio} * (${mean})`,
      figures: { 'requests/s': own, "its peers' mean": mean },
    },
    { ...place, name: place.name ?? 'it gets requests like its peers', ...waits(question, place) },
  )
}

/** The server does not fail more often than all of them did before the rollout. */
export function errorsNotUp(question: ErrorsQuestion, place: PromqlPlace): RolloutStep {
  checkErrors(question)
  const { ratio = 0.01, since = 600, instance, peers, requests, errors } = question
  const own = rate(requests, question, [instance])
  const failed = anyOf(errors.map((one) => rate(one, question, [instance])))
  const earlier = { ...question, window: 300, offset: since }
  const all = [instance, ...peers]
  const before = `(${anyOf(errors.map((one) => rate(one, earlier, all)))}) / (${rate(requests, earlier, all)} > 0)`
  return promqlHolds(
    {
      ...whereOf(question),
      query: `${quiet(question)} or (${orZero(failed)}) <= (${ratio} + (${orZero(before)})) * (${orZero(own)})`,
      figures: { 'errors/s': failed, 'requests/s': own, 'part that failed before': before },
    },
    { ...place, name: place.name ?? 'it does not fail more often than before', ...waits(question, place) },
  )
}

const waits = ({ window = 60 }: ServerTraffic, { initialDelay = window, timeout = 180 }: PromqlPlace) => ({
  initialDelay,
  timeout,
})

/** Series of no server at all: a guard for little traffic would take that for peace. */
const whereOf = ({ address, port, ...traffic }: ServerTraffic) => ({
  address,
  port,
  needs: `count(${selector(traffic.requests, traffic, [traffic.instance, ...traffic.peers])})`,
})

const quiet = (traffic: ServerTraffic): string =>
  `(${orZero(rate(traffic.requests, traffic, traffic.peers))}) < ${traffic.minQps ?? 5}`

const rate = (
  counter: Counter,
  traffic: ServerTraffic & { readonly offset?: number },
  servers: readonly string[],
): string => {
  const { window = 60, offset } = traffic
  const range = `${selector(counter, traffic, servers)}[${window}s]${offset === undefined ? '' : ` offset ${offset}s`}`
  return `sum(rate(${range}))`
}

const selector = (
  { metric, matchers = [] }: Counter,
  { label = 'instance' }: ServerTraffic,
  servers: readonly string[],
): string => `${metric}{${[...matchers, `${label}=~${JSON.stringify(servers.map(escaped).join('|'))}`].join(',')}}`

const escaped = (name: string): string => name.replaceAll(/[^\w-]/g, '\\$&')

const orZero = (query: string): string => `${query} or vector(0)`

const anyOf = (queries: readonly string[]): string => queries.join(' or ')
