import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** A request that did not end with the status that was wanted. */
export interface Failure {
  /** Milliseconds since the epoch, when it was sent. */
  readonly at: number
  readonly why: string
}

export interface Load {
  /** Ends the load: when requests were sent (milliseconds since the epoch), and what became of those that failed. */
  stop(): Promise<{
    readonly sent: readonly number[]
    /** When those were sent, that were sent again. */
    readonly retried: readonly number[]
    readonly failures: readonly Failure[]
  }>
}

export interface LoadOptions {
  /** Requests per second of all together. Default: as fast as four clients go, one request after the other each. */
  readonly rate?: number
  readonly method?: 'GET' | 'POST'
  /** How often a request that was broken off is sent again, as browsers do with a GET. Default 0. */
  readonly retries?: number
}

/** Milliseconds that an answer may take, and between two looks at that. */
const PATIENCE = 8000
const TICK = 250
/** Milliseconds behind which a client that was kept from running begins anew: it does not ask for all of them at once. */
const BEHIND = 1000

/** Requests, each on a new connection. */
export function load(urls: readonly string[], { rate, method = 'GET', retries = 0 }: LoadOptions = {}): Load {
  const sent: number[] = []
  const failures: Failure[] = []
  const retried: number[] = []
  let going = true
  const ask = async () => {
    const at = Date.now()
    const url = urls[sent.length % urls.length] ?? ''
    sent.push(at)
    let why = await failureOf(url, method)
    if (why !== undefined && retries > 0) retried.push(at)
    for (let left = retries; why !== undefined && left > 0; left--) {
      why = await failureOf(url, method)
    }
    if (why !== undefined) failures.push({ at, why: `${url}: ${why}` })
  }
  const client = async () => {
    while (going) {
      await ask()
      await sleep(5)
    }
  }
  const steady = async (perSecond: number) => {
    const open = new Set<Promise<void>>()
    let next = Date.now()
    while (going) {
      next = Math.max(next, Date.now() - BEHIND)
      for (; next <= Date.now(); next += 1000 / perSecond) {
        const one = ask().finally(() => open.delete(one))
        open.add(one)
      }
      await sleep(10)
    }
    await Promise.all(open)
  }
  const all = rate === undefined ? Promise.all([client(), client(), client(), client()]) : steady(rate)
  return {
    async stop() {
      going = false
      await all
      return { sent, retried, failures }
    },
  }
}

/** By node's own client: `fetch` costs twice as much of a processor, which the hosts share. */
async function failureOf(url: string, method: 'GET' | 'POST'): Promise<string | undefined> {
  // Counted, not timed: a busy machine that keeps this process from reading an answer has not lost it.
  const impatient = new AbortController()
  let ticks = 0
  const timer = setInterval(() => {
    ticks += 1
    if (ticks * TICK >= PATIENCE) impatient.abort()
  }, TICK)
  try {
    const status = await statusOf(url, method, impatient.signal)
    return status >= 200 && status < 300 ? undefined : `status ${status}`
  } catch (error) {
    if (impatient.signal.aborted) return `no answer in ${PATIENCE / 1000} s`
    return String(error instanceof Error ? error.message || error : error)
  } finally {
    clearInterval(timer)
  }
}

/** The status of an answer that has come whole. */
function statusOf(url: string, method: 'GET' | 'POST', signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { method, agent: false, headers: { connection: 'close' }, signal }
    const sending = request(url, options, (response) => {
      response.on('error', reject)
      response.on('end', () => resolve(response.statusCode ?? 0))
      response.resume()
    })
    sending.on('error', reject)
    sending.end(method === 'POST' ? 'a note' : undefined)
  })
}
