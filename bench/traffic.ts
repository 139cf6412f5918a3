import type { Traffic } from '../src/connection/connection.ts'
import type { Event, HostResult } from '../src/execute/events.ts'

/** Bytes that a no-op run may send to and get from one of these hosts. */
export const MAX_BYTES_OUT = 24_000
export const MAX_BYTES_IN = 16_000

/**
 * The results of a run, from its `--json` output.
 * @throws Error when it was not a no-op as it should be: every host as declared, one exec each, few bytes
 */
export function noopTraffic(json: string, hosts: number): Traffic[] {
  const results = resultsIn(json)
  if (results.length !== hosts) throw new Error(`${results.length} of ${hosts} hosts have a result`)
  for (const { host, outcome, traffic } of results) {
    if (outcome !== 'ok') throw new Error(`${host} is ${outcome}: nothing was to be done`)
    if (traffic.execs !== 1) throw new Error(`${host} took ${traffic.execs} execs: one is enough`)
    if (traffic.connects !== 1) throw new Error(`${host} took ${traffic.connects} connections`)
    if (traffic.bytesOut > MAX_BYTES_OUT) throw new Error(`${host} was sent ${traffic.bytesOut} bytes`)
    if (traffic.bytesIn > MAX_BYTES_IN) throw new Error(`${host} sent ${traffic.bytesIn} bytes`)
  }
  return results.map(({ traffic }) => traffic)
}

function resultsIn(json: string): readonly HostResult[] {
  // Our own format: JSON_VERSION keeps its promises.
  const events: Event[] = json
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
  const last = events.find((event) => event.type === 'run-finished')
  if (last?.type !== 'run-finished') throw new Error(`the run has no end:\n${json}`)
  return last.results
}
