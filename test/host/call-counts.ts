import { Session } from 'node:inspector/promises'

/** How often a function, loop or branch ran. */
export interface Count {
  readonly times: number
  /** It waits for something: the engine counts it once more when it goes on, or not, as it was compiled. */
  readonly waits: boolean
}

/** How often each function, loop and branch of `src` ran, by its place. */
export async function countCalls<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly counts: ReadonlyMap<string, Count> }> {
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Debugger.enable')
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
    const result = await work()
    const { result: scripts } = await session.post('Profiler.takePreciseCoverage')
    const counts = new Map<string, Count>()
    for (const { url, scriptId, functions } of scripts) {
      const file = /\/src\/.*\.ts$/.exec(url)?.[0]
      if (file === undefined || url.includes('/node_modules/')) continue
      const { scriptSource } = await session.post('Debugger.getScriptSource', { scriptId })
      for (const { functionName, ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          const waits = /\bawait\b/.test(scriptSource.slice(startOffset, endOffset))
          counts.set(`${file} ${functionName}@${startOffset}-${endOffset}`, { times: count, waits })
        }
      }
    }
    return { result, counts }
  } finally {
    await session.post('Profiler.stopPreciseCoverage')
    session.disconnect()
  }
}
