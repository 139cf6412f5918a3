import type { Provided, ValueOf } from '../../contracts/contract.ts'
import { ProvisionError } from '../../errors.ts'
import type { RolloutStep } from '../../rollout/step.ts'
import type { prometheusApi } from './contracts.ts'
import { type Counter, errorsNotUp, qpsLikePeers, type ServerTraffic } from './traffic.ts'

/** Schema of a role's var that turns the questions on; the role adds its description and `optional: true`. */
export const LIKE_PEERS = {
  type: 'object',
  additionalProperties: false,
  properties: {
    qps_ratio: {
      description: "Part of the other hosts' mean requests per second that it must get.",
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.5,
    },
    error_ratio: {
      description: 'Part of its requests by which it may fail more often than the tier did ten minutes ago.',
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.01,
    },
    min_qps: {
      description: 'Requests per second of the other hosts together below which nothing is concluded.',
      type: 'number',
      minimum: 0,
      default: 5,
    },
    window: {
      description: 'Seconds that rates are taken over, and that are waited first; four scrapes or more.',
      type: 'integer',
      minimum: 4,
      default: 60,
    },
    timeout: { description: 'Seconds that it may take after that.', type: 'number', minimum: 0, default: 180 },
    unanswered: {
      description: 'What comes of a Prometheus that can not be asked, or does not know these hosts.',
      enum: ['fail', 'go on'],
      default: 'fail',
    },
  },
} as const

/** What such a var says. */
export interface LikePeersOptions {
  readonly qps_ratio: number
  readonly error_ratio: number
  readonly min_qps: number
  readonly window: number
  readonly timeout: number
  readonly unanswered: 'fail' | 'go on'
}

export interface LikePeers {
  readonly host: { readonly name: string; readonly tier: string }
  /** Hosts of its tier: `group(host.tier)`. */
  readonly peers: readonly { readonly name: string }[]
  /** Whom to ask, the first one: `provided(prometheusApi)`. */
  readonly monitors: readonly Provided<ValueOf<typeof prometheusApi>>[]
  /** The var's name and value; undefined: nothing is asked. */
  readonly of: string
  readonly options: LikePeersOptions | undefined
  /** Requests by host, and how each host is called there. Default label: instance. */
  readonly requests: Counter
  /** Failures, with the counter of which they are a part; empty: nobody knows. */
  readonly errors: readonly Failures[]
}

export interface Failures {
  /** Default instance. */
  readonly label?: string | undefined
  readonly requests: Counter
  /** Of several the first that Prometheus knows. */
  readonly errors: readonly Counter[]
}

/**
 * What the first Prometheus of the inventory says of a host that is back in service, beside the others of its tier.
 * A host without others has nobody to be compared with.
 * @throws ProvisionError when no host has the role prometheus
 */
export function likePeers({ host, peers: members, monitors, of, options, requests, errors }: LikePeers): RolloutStep[] {
  if (options === undefined) return []
  const peers = members.map(({ name }) => name).filter((name) => name !== host.name)
  if (peers.length === 0) return []
  const monitor = monitorOf(monitors, of)
  const traffic: Omit<ServerTraffic, 'requests'> = {
    ...{ instance: host.name, peers, minQps: options.min_qps, window: options.window },
    ...{ address: monitor.addresses, port: monitor.port },
  }
  const place = { on: [monitor.name], timeout: options.timeout, continueUnanswered: options.unanswered === 'go on' }
  return [
    qpsLikePeers({ ...traffic, requests, ratio: options.qps_ratio }, place),
    // By then the window is over.
    ...errors.map((one) =>
      errorsNotUp({ ...traffic, ...one, ratio: options.error_ratio }, { ...place, initialDelay: 0 }),
    ),
  ]
}

/** It listens on the inventory's address, or on all where the host does not have that (NAT, a name). */
function monitorOf([first]: LikePeers['monitors'], of: string) {
  if (first !== undefined) {
    const { host, value } = first
    return { name: host.name, port: value.port, addresses: [value.address ?? host.address, '127.0.0.1'] }
  }
  throw new ProvisionError(`${of} asks Prometheus, and no host of the inventory has the role prometheus`, {
    code: 'input',
    hint: `give a host that role, or leave ${of} out`,
  })
}
