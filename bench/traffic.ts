import type { Traffic } from '../src/connection/connection.ts'

/** Bytes that a no-op run may send to and get from one of these hosts. */
export const MAX_BYTES_OUT = 20_000
export const MAX_BYTES_IN = 16_000

export interface Result {
  readonly host: string
  readonly outcome: string
  /** What its failure says, where it has one. */
  readonly why: string
  readonly traffic: Traffic
}

/**
 * The results of a run, from its `--json` output.
 * @throws Error when it was not a no-op as it should be: every host as declared, one exec each, few bytes
 */
export function noopTraffic(json: string, hosts: number): Traffic[] {
  const results = resultsIn(json)
  if (results.length !== hosts) throw new Error(`${results.length} of ${hosts} hosts have a result`)
  for (const result of results) needNoop(result)
  return results.map(({ traffic }) => traffic)
}

/** @throws Error when something was done on a host on which nothing was to be done, or it took more than it may */
export function needNoop({ host, outcome, why, traffic }: Result): void {
  if (outcome !== 'ok') throw new Error(`${host} is ${outcome}, and nothing was to be done: ${why}`)
  if (traffic.execs !== 1) throw new Error(`${host} took ${traffic.execs} execs: one is enough`)
  if (traffic.connects !== 1) throw new Error(`${host} took ${traffic.connects} connections`)
  if (traffic.bytesOut > MAX_BYTES_OUT) throw new Error(`${host} was sent ${traffic.bytesOut} bytes`)
  if (traffic.bytesIn > MAX_BYTES_IN) throw new Error(`${host} sent ${traffic.bytesIn} bytes`)
}

/** What a run tells at its end, from its `--json` output. @throws Error when it has none */
export function resultsIn(json: string): readonly Result[] {
  const last = json.lastIndexOf('{"type":"run-finished"')
  const end: unknown = last < 0 ? undefined : JSON.parse(json.slice(last))
  if (!isRecord(end) || !Array.isArray(end.results)) throw new Error(`the run has no end:\n${json.slice(-4000)}`)
  return end.results.map((result: unknown) => {
    if (!isRecord(result)) throw new Error('a result is no mapping')
    const why = isRecord(result.failure) ? String(result.failure.message) : ''
    return { host: String(result.host), outcome: String(result.outcome), why, traffic: trafficIn(result.traffic) }
  })
}

/** @throws Error when it lacks a count */
export function trafficIn(value: unknown): Traffic {
  const count = (name: string): number => {
    const found = isRecord(value) ? value[name] : undefined
    if (typeof found !== 'number') throw new Error(`no count of ${name}`)
    return found
  }
  return {
    execs: count('execs'),
    bytesOut: count('bytesOut'),
    bytesIn: count('bytesIn'),
    connects: count('connects'),
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
