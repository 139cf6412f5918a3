/** Milliseconds after which a host that is at work is one that is waited for. */
const PATIENCE_MS = 1000
/** So many times the hosts at a time may be under way, those that are waited for included. */
const MOST_TIMES = 4

export interface ConcurrencyInput {
  /** Hosts at a time. */
  readonly forks: number
  /** Milliseconds after which one does not count any more. */
  readonly patienceMs?: number
}

/**
 * Runs so many works at a time. One that takes long waits for its host, which is silent, far away or slow: it gives its place
 * to the next and goes on beside it, up to a bound, so that a few such hosts hold up nobody. A late timer means that this
 * process is what is slow: then no place is given away.
 */
export function concurrency({
  forks,
  patienceMs = PATIENCE_MS,
}: ConcurrencyInput): (work: () => Promise<void>) => Promise<void> {
  // One host at a time is what somebody wants who asks for one.
  const most = forks === 1 ? 1 : forks * MOST_TIMES
  const queue: (() => void)[] = []
  let inPlace = 0
  let underWay = 0

  const next = (): void => {
    while (inPlace < forks && underWay < most) {
      const begin = queue.shift()
      if (begin === undefined) return
      begin()
    }
  }
  const begin = async (work: () => Promise<void>): Promise<void> => {
    inPlace += 1
    underWay += 1
    let holds = true
    let set = performance.now()
    const leave = (): void => {
      if (holds) inPlace -= 1
      holds = false
    }
    const timer = setInterval(() => {
      const late = performance.now() - set - patienceMs
      set = performance.now()
      if (late > patienceMs / 4 || underWay >= most) return
      clearInterval(timer)
      leave()
      next()
    }, patienceMs)
    try {
      await work()
    } finally {
      clearInterval(timer)
      leave()
      underWay -= 1
      next()
    }
  }
  return (work) =>
    new Promise((resolve, reject) => {
      queue.push(() => void begin(work).then(resolve, reject))
      next()
    })
}
