import { setTimeout as sleep } from 'node:timers/promises'
import { failure, place } from '../connection/failure.ts'
import type { LoginMeans } from '../connection/open.ts'
import type { Transport } from '../connection/transport.ts'
import { aborted } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import type { Carrier } from './carrier.ts'
import { errorOf } from './failure-data.ts'
import { linkAnswers } from './link-answers.ts'
import { linkExec, type Request, type SayToWorker } from './link-exec.ts'
import { type FromWorker, PROTOCOL, readFromWorker } from './messages.ts'
import { targetData } from './target-data.ts'
import { passphrasesOf } from './unlocked.ts'

/** One worker, as its run has it. */
export interface Link {
  /** @throws ProvisionError as a login of this process, and unreachable: the worker is gone */
  open(host: Target): Promise<Transport>
  /** Ends the worker; what is open is closed first. */
  end(): Promise<void>
}

/** So often a worker is asked whether it is there, and so often in a row it may not answer. */
const ASK_MS = 5000
const SILENCES = 6
/** Milliseconds for a connection to be closed in good order. */
const CLOSE_MS = 2000

export interface LinkOptions {
  readonly means: LoginMeans
  /** The worker is gone, though nobody has ended it. @param hosts how many were connected */
  onLost(why: string, hosts: number): void
  /** Default: 5 s. */
  readonly askMs?: number | undefined
}

/** Speaks to a worker over a carrier. */
export function workerLink(carrier: Carrier, { means, onLost, askMs = ASK_MS }: LinkOptions): Link {
  const { signal, tell } = means
  const say: SayToWorker = (head, body) => carrier.send({ head, body })
  const requests = new Map<number, Request>()
  /** Hosts that are connected, or about to be, by the request that opened them. */
  const hosts = new Map<number, Target>()
  const connecting = new Map<number, Target>()
  const answers = linkAnswers(means, say)
  let last = 0
  let lost: string | undefined
  let isEnding = false

  const nextId = () => {
    last += 1
    return last
  }
  /** Waits for the end of a request. */
  const request = <T>(id: number, begin: (settle: (how: Settled<T>) => void) => Request): Promise<T> =>
    new Promise((resolve, reject) => {
      const settle = (how: Settled<T>) => {
        requests.delete(id)
        if ('error' in how) reject(how.error)
        else resolve(how.status)
      }
      requests.set(id, begin(settle))
    })
  const plain = (id: number, begin: () => void) =>
    request<void>(id, (settle) => {
      begin()
      return {
        hear() {},
        done: () => settle({ status: undefined }),
        failed: (error) => settle({ error }),
      }
    })
  const linkLost = (host: Target) => failure(host, 'unreachable', `link lost to ${place(host)}: ${lost}`)

  const transportOf = (host: Target, over: number): Transport => ({
    async run(command, input, wire) {
      if (lost !== undefined) throw linkLost(host)
      if (wire.signal.aborted) throw wire.signal.reason
      const id = nextId()
      try {
        return await request<number>(id, (settle) => linkExec({ id, over, command, input, wire }, say, settle))
      } catch (error) {
        throw error === GONE ? linkLost(host) : error
      }
    },
    async close() {
      hosts.delete(over)
      if (lost !== undefined) return
      const id = nextId()
      const closed = plain(id, () => say({ type: 'close', id, over })).catch(() => {})
      await Promise.race([closed, sleep(CLOSE_MS, undefined, { ref: false })])
    },
  })

  const take = (message: FromWorker, body: Buffer): void => {
    switch (message.type) {
      case 'ready':
        if (message.protocol === PROTOCOL) break
        throw new Error(`it speaks version ${message.protocol} of the protocol, not ${PROTOCOL}`)
      case 'output':
      case 'credit':
        requests.get(message.id)?.hear(message, body)
        break
      case 'done':
        requests.get(message.id)?.done(message.status)
        break
      case 'failed':
        requests.get(message.id)?.failed(errorOf(message.failure))
        break
      case 'pong':
        break
      case 'warning':
        tell(message.message, message.hint)
        break
      default:
        answers.take(message, body)
    }
  }
  const onAbort = () => {
    say({ type: 'abort' })
    // Nobody waits for a worker to say so.
    for (const [id, host] of connecting) requests.get(id)?.failed(aborted(host.name))
  }
  signal?.addEventListener('abort', onAbort)
  say({
    type: 'setup',
    protocol: PROTOCOL,
    password: means.password !== undefined,
    passphrases: passphrasesOf(means.keys),
  })
  // Its own ticks are counted, not a clock: a run that slept, or was busy, does not blame the worker.
  let silences = 0
  const asking = setInterval(() => {
    if (silences === SILENCES) return carrier.cut(`did not answer for ${(SILENCES * askMs) / 1000} s`)
    silences += 1
    say({ type: 'ping' })
  }, askMs)
  carrier.hear({
    message(head, body) {
      silences = 0
      take(readFromWorker(head), body)
    },
    end(why) {
      clearInterval(asking)
      signal?.removeEventListener('abort', onAbort)
      lost = `its worker process ${why}`
      answers.end()
      const connected = hosts.size - connecting.size
      for (const one of [...requests.values()]) one.failed(GONE)
      if (!isEnding) onLost(why, connected)
    },
  })
  return {
    async open(host) {
      if (signal?.aborted) throw aborted(host.name)
      const id = nextId()
      hosts.set(id, host)
      connecting.set(id, host)
      try {
        if (lost !== undefined) throw GONE
        await plain(id, () => say({ type: 'connect', id, host: targetData(host) }))
        return transportOf(host, id)
      } catch (error) {
        hosts.delete(id)
        throw error === GONE ? failure(host, 'unreachable', `not connected to ${place(host)}: ${lost}`) : error
      } finally {
        connecting.delete(id)
      }
    },
    async end() {
      isEnding = true
      await carrier.end()
    },
  }
}

type Settled<T> = { readonly status: T } | { readonly error: unknown }

/** Thrown to whoever waits when the worker is gone: each says it of its host. */
const GONE = new Error('the worker is gone')
