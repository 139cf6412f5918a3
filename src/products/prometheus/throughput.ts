import type { Provided, ValueOf } from '../../contracts/contract.ts'
import { HTTP_GET } from '../../rollout/http-get.ts'
import type { Throughput } from '../../rollout/throughput.ts'
import { joinScripts, rawScript, sh } from '../../shell/script.ts'
import type { prometheusApi } from './contracts.ts'
import { doesNotTell, PROMETHEUS_API } from './promql.ts'
import type { Counter } from './traffic.ts'

/** What goes through a tier, as the Prometheus servers of the inventory count it. */
export interface TierThroughput {
  /** Whom to ask: `provided(prometheusApi)`. */
  readonly monitors: readonly Provided<ValueOf<typeof prometheusApi>>[]
  /** Requests of the whole tier: a matcher `tier="web"` says which, and is no longer where there are more hosts. */
  readonly requests: Counter
  /** Those that failed: of several counters the first that Prometheus knows. Empty: nobody counts them. */
  readonly errors?: readonly Counter[] | undefined
}

/** In the place of the seconds that a rate is over: four scrapes, and what lies between two samples. */
const RANGE = 'RANGE'
const SCRAPES = 4

/**
 * The question to each Prometheus of the inventory, for the report of a run. Undefined where there is none.
 * @example
 * throughput: tierThroughput({ monitors: provided(prometheusApi), requests: { metric: 'shop_requests_total', matchers: [`tier="${host.tier}"`] } })
 */
export function tierThroughput({ monitors, requests, errors = [] }: TierThroughput): Throughput | undefined {
  const [first] = monitors
  if (first === undefined) return undefined
  const { value } = first
  const same = monitors.filter((one) => one.value.port === value.port)
  const all = rate(requests)
  // Errors that never were have no series: where there are requests, they are none.
  const failed = errors.length === 0 ? undefined : [...errors.map(rate), `0 * ${all}`].join(' or ')
  return {
    on: same.map(({ host }) => host.name),
    script: joinScripts([
      HTTP_GET,
      PROMETHEUS_API,
      sh`
        addresses=${[...same.map((one) => one.value.address ?? one.host.address), '127.0.0.1'].join(' ')} port=${value.port}
        range=${SCRAPES * (value.scrapeInterval ?? 15)}
        if [ "$step" -gt "$range" ]; then range=$step; fi
        now=$(date +%s)
      `,
      OVER,
      sh`over requests ${encodeURIComponent(all)}; if is_empty; then`,
      doesNotTell(`prometheus knows nothing of ${requests.metric}`),
      sh`fi`,
      ...(failed === undefined ? [] : [sh`over errors ${encodeURIComponent(failed)}`]),
    ]),
  }
}

const rate = ({ metric, matchers = [] }: Counter): string => `sum(rate(${metric}{${matchers.join(',')}}[${RANGE}s]))`

/** Of the one series of the answer: `[1763866000,"12.5"]` is a sample. */
const OVER = rawScript(
  [
    'over() {',
    `  query=$(printf '%s' "$2" | sed "s/${RANGE}/$range/g")`,
    '  prometheus "$query&start=$((now - seconds))&end=$now&step=$step" _range',
    `  printf '%s' "$answer" | tr '[' '\\n' | LC_ALL=C awk -F '[,"]' -v what="$1" -v now="$now" '/^[0-9.]+,"/ { print what, now - $1, $3 }'`,
    '}',
  ].join('\n'),
)
