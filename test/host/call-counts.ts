import { Session } from 'node:inspector/promises'

/** How often a function, loop or branch ran. */
export interface Count {
  readonly file: string
  readonly name: string
  /** Where it stands in its file. */
  readonly start: number
  readonly end: number
  readonly times: number
  /** It waits for something: the engine counts it once more when it goes on, or not, as it was compiled. */
  readonly waits: boolean
}

/** By file of `src`. */
export type Counts = ReadonlyMap<string, readonly Count[]>

/**
 * How often this part ran in another count. The engine tells of a branch only where it ran not as often as what is around
 * it: one that is not told of ran as often as that.
 */
export function timesIn(counts: Counts, { file, start, end }: Count): number {
  const around = (counts.get(file) ?? []).filter((one) => one.start <= start && one.end >= end)
  const [first, ...others] = around
  if (first === undefined) return 0
  return others.reduce((best, one) => (one.end - one.start < best.end - best.start ? one : best), first).times
}

/** How often each function, loop and branch of `src` ran. */
export async function countCalls<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly counts: Counts }> {
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Debugger.enable')
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
    const result = await work()
    const { result: scripts } = await session.post('Profiler.takePreciseCoverage')
    const counts = new Map<string, Count[]>()
    for (const { url, scriptId, functions } of scripts) {
      const file = /\/src\/.*\.ts$/.exec(url)?.[0]
      if (file === undefined || url.includes('/node_modules/')) continue
      const { scriptSource } = await session.post('Debugger.getScriptSource', { scriptId })
      const all = functions.flatMap(({ functionName, ranges }) =>
        ranges.map(({ startOffset, endOffset, count }): Count => {
          const waits = /\bawait\b/.test(scriptSource.slice(startOffset, endOffset))
          return { file, name: functionName, start: startOffset, end: endOffset, times: count, waits }
        }),
      )
      counts.set(file, [...(counts.get(file) ?? []), ...all])
    }
    return { result, counts }
  } finally {
    await session.post('Profiler.stopPreciseCoverage')
    session.disconnect()
  }
}
