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
    /** Those that were sent again. */
    readonly retried: number
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

/** Requests, each on a new connection. */
export function load(urls: readonly string[], { rate, method = 'GET', retries = 0 }: LoadOptions = {}): Load {
  const sent: number[] = []
  const failures: Failure[] = []
  let retried = 0
  let going = true
  const ask = async () => {
    const at = Date.now()
    const url = urls[sent.length % urls.length] ?? ''
    sent.push(at)
    let why = await failureOf(url, method)
    for (let left = retries; why !== undefined && left > 0; left--) {
      retried += 1
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
    const began = Date.now()
    while (going) {
      while (sent.length < ((Date.now() - began) / 1000) * perSecond) {
        const one = ask().finally(() => open.delete(one))
        open.add(one)
      }
      await sleep(5)
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

async function failureOf(url: string, method: 'GET' | 'POST'): Promise<string | undefined> {
  const body = method === 'POST' ? { body: 'a note' } : {}
  try {
    const response = await fetch(url, {
      method,
      ...body,
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(8000),
    })
    await response.arrayBuffer()
    return response.ok ? undefined : `status ${response.status}`
  } catch (error) {
    return String(error instanceof Error ? (error.cause ?? error.message) : error)
  }
}
