import { setMaxListeners } from 'node:events'

/** How far the user wants a run to go. */
export interface Stop {
  /** No new host begins. */
  requested(): boolean
  /** Aborted: even the hosts in hand are let go. */
  readonly signal: AbortSignal
  dispose(): void
}

/**
 * First Ctrl-C: finish the hosts in hand, begin no other. Second: let go at once; what runs on a host runs to its end.
 * A terminal that is closed is the first one, however often it says so: the kernel and the shell both do.
 * @param isChanging whether a host has been begun to be changed
 */
export function stopOnSignals(tell: (message: string) => void, isChanging: () => boolean): Stop {
  const controller = new AbortController()
  // Every exec listens, and there may be as many as hosts: no leak.
  setMaxListeners(0, controller.signal)
  let isStopping = false
  const onSignal = (signal: NodeJS.Signals): void => {
    if (!isStopping) {
      isStopping = true
      const what = isChanging() ? 'finishing hosts in progress' : 'no further host is asked, and nothing is changed'
      tell(`Stopping: ${what}. Press Ctrl-C again to abort.`)
    } else if (signal !== 'SIGHUP' && !controller.signal.aborted) {
      tell('Aborting. A step already running on a host will finish there; run again to continue.')
      controller.abort()
    }
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, onSignal)
  return {
    requested: () => isStopping,
    signal: controller.signal,
    dispose: () => {
      for (const signal of signals) process.off(signal, onSignal)
    },
  }
}

/** The two ends of something that changes no state of ours. */
export interface Ends {
  /** Aborted at the first signal: what is at work is to be ended in an orderly way. */
  readonly first: AbortSignal
  /** Aborted at the second. */
  readonly second: AbortSignal
  dispose(): void
}

/** First Ctrl-C: end what is at work on hosts, begin nothing. Second: at once. A terminal that is closed is the first one. */
export function endOnSignals(tell: (message: string) => void): Ends {
  const [first, second] = [new AbortController(), new AbortController()]
  for (const { signal } of [first, second]) setMaxListeners(0, signal)
  const onSignal = (signal: NodeJS.Signals): void => {
    if (!first.signal.aborted) {
      tell('Stopping. Press Ctrl-C again to leave at once.')
      first.abort()
    } else if (signal !== 'SIGHUP') second.abort()
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, onSignal)
  return {
    first: first.signal,
    second: second.signal,
    dispose: () => {
      for (const signal of signals) process.off(signal, onSignal)
    },
  }
}
