import { failure } from '../connection/failure.ts'
import { jumpIdentity } from '../connection/jump-hosts.ts'
import type { LoginMeans } from '../connection/open.ts'
import type { OpenTransport } from '../connection/transport.ts'
import type { ProvisionError } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import type { Carrier } from './carrier.ts'
import { type Link, workerLink } from './link.ts'

/** So often in a row a worker may end before any host was connected: what is wrong then is wrong with all of them. */
const MOST_STARTS = 3

export interface WorkersOptions {
  readonly count: number
  /** Starts one. */
  start(): Carrier
  /** Milliseconds between two questions whether it is there; default: 5000. */
  readonly askMs?: number | undefined
}

/** The workers of a run. */
export interface Workers {
  readonly open: OpenTransport
  close(): Promise<void>
}

/** One place for a worker: when it ends, the next one takes it. */
interface Place {
  /** That are with it. */
  hosts: number
  link: Link | undefined
  /** Starts since a host was connected. */
  starts: number
  /** Why no further one is started. */
  givenUp: string | undefined
}

/**
 * Logs in at hosts from other processes. Each host stays with its worker, and hosts behind one jump host are with the same one,
 * which logs in there once. A worker that ends is the failure of its hosts; who connects after that finds a new one.
 */
export function openWorkers(means: LoginMeans, { count, start, askMs }: WorkersOptions): Workers {
  const places = Array.from(
    { length: count },
    (): Place => ({ hosts: 0, link: undefined, starts: 0, givenUp: undefined }),
  )
  const byHost = new Map<string, Place>()
  const byJump = new Map<string, Place>()

  const placeOf = (host: Target): Place => {
    const known = byHost.get(host.name)
    if (known) return known
    const [jump] = host.connection.jumps ?? []
    const over = jump && jumpIdentity(jump)
    const found = (over === undefined ? undefined : byJump.get(over)) ?? emptiest(places)
    if (over !== undefined) byJump.set(over, found)
    byHost.set(host.name, found)
    found.hosts += 1
    return found
  }
  const linkOf = (place: Place): Link => {
    if (place.link) return place.link
    place.starts += 1
    const link = workerLink(start(), {
      means,
      askMs,
      onLost(why, hosts) {
        if (place.link === link) place.link = undefined
        if (place.starts >= MOST_STARTS) {
          place.givenUp = why
          means.tell(`a worker process ${why}, ${MOST_STARTS} times before any host was connected`, HINT)
        } else if (hosts > 0) means.tell(`a worker process ${why}: ${counted(hosts)} lost with it`, undefined)
      },
    })
    place.link = link
    return link
  }
  return {
    async open(host) {
      const place = placeOf(host)
      if (place.givenUp !== undefined) throw noWorker(host, place.givenUp)
      const transport = await linkOf(place).open(host)
      place.starts = 0
      return transport
    },
    async close() {
      await Promise.all(places.map(({ link }) => link?.end()))
    },
  }
}

const HINT = '--workers 0 connects hosts from this process.'

const counted = (hosts: number): string => (hosts === 1 ? '1 connection is' : `${hosts} connections are`)

const noWorker = (host: Target, why: string): ProvisionError =>
  failure(host, 'unreachable', `not connected: worker processes end as soon as they start: ${why}`, { hint: HINT })

const emptiest = (places: readonly Place[]): Place => {
  const [first, ...others] = places
  if (first === undefined) throw new RangeError('no workers')
  return others.reduce((least, one) => (one.hosts < least.hosts ? one : least), first)
}
