import { CHECK_PLACE, type CheckPlace } from '../../rollout/checks.ts'
import { HTTP_GET } from '../../rollout/http-get.ts'
import { NEVER, type RolloutStep, UNANSWERED } from '../../rollout/step.ts'
import type { FieldSchema } from '../../schemas/fields.ts'
import { givenTo } from '../../schemas/given.ts'
import { joinScripts, rawScript, type Script, sh } from '../../shell/script.ts'

export interface PromqlQuestion {
  /** Holds when the result is not empty: `sum(rate(…[1m])) > 5`. */
  readonly query: string
  /** Where this has no result, Prometheus knows nothing that would answer the query: it does not tell. */
  readonly needs?: string | undefined
  /** Queries of one value each, by what they are: told where it does not hold. */
  readonly figures?: Readonly<Record<string, string>> | undefined
  /** Where Prometheus listens, as the hosts see it that ask; of several the first that answers. Default 127.0.0.1. */
  readonly address?: string | readonly string[] | undefined
  /** Default 9090. */
  readonly port?: number | undefined
}

export const PROMETHEUS = {
  address: {
    description: 'Where Prometheus listens, as the hosts see it that ask; of several the first that answers.',
    anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
    default: '127.0.0.1',
  },
  port: { description: 'Its port.', type: 'integer', minimum: 1, maximum: 65535, default: 9090 },
} as const satisfies Record<string, FieldSchema>

export const PROMQL_QUESTION = {
  query: { description: 'Holds when the result is not empty: `sum(rate(…[1m])) > 5`.', type: 'string' },
  needs: {
    description: 'Where this has no result, Prometheus knows nothing that would answer the query: it does not tell.',
    type: 'string',
    optional: true,
  },
  figures: {
    description: 'Queries of one value each, by what they are: told where it does not hold.',
    type: 'object',
    additionalProperties: { type: 'string' },
    optional: true,
  },
  ...PROMETHEUS,
} as const satisfies Record<keyof PromqlQuestion, FieldSchema>

const checkQuestion = givenTo('promqlHolds', PROMQL_QUESTION)

/** Where Prometheus is asked, and what comes of a Prometheus that does not tell. */
export interface PromqlPlace extends CheckPlace {
  /** Hosts that run Prometheus. */
  readonly on: readonly string[]
  /** Seconds before it is asked for the first time. Default 0. */
  readonly initialDelay?: number | undefined
  /** Prometheus can't be asked in time, or knows nothing of it: go on all the same. Default false. */
  readonly continueUnanswered?: boolean | undefined
}

export const PROMQL_PLACE = {
  ...CHECK_PLACE,
  on: { description: 'Hosts that run Prometheus.', type: 'array', items: { type: 'string' } },
  initialDelay: {
    description: 'Seconds before it is asked for the first time.',
    type: 'number',
    minimum: 0,
    default: 0,
  },
  continueUnanswered: {
    description: 'Prometheus can not be asked in time, or knows nothing of it: go on all the same.',
    type: 'boolean',
    default: false,
  },
} as const satisfies Record<keyof PromqlPlace, FieldSchema>

const checkPlace = givenTo('the place of a question to Prometheus', PROMQL_PLACE)

/** Prometheus says that something is so. A query that it refuses is not asked twice. */
export function promqlHolds(question: PromqlQuestion, place: PromqlPlace): RolloutStep {
  checkQuestion(question)
  checkPlace(place)
  const { query, needs, figures = {}, address = '127.0.0.1', port = 9090 } = question
  const { name, on, initialDelay, timeout = 30, continueUnanswered = false } = place
  return {
    name: name ?? `prometheus says ${query}`,
    on,
    until: joinScripts([
      HTTP_GET,
      sh`addresses=${[address].flat().join(' ')} port=${port}`,
      PROMETHEUS_API,
      ...(needs === undefined
        ? []
        : [sh`prometheus ${encoded(needs)}; if is_empty; then`, doesNotTell(`prometheus knows no ${needs}`), sh`fi`]),
      sh`
        prometheus ${encoded(query)}
        if ! is_empty; then exit 0; fi
        why=
      `,
      ...Object.entries(figures).map(([what, value]) => tellFigure(what, value)),
      sh`printf '%s\n' "it does not hold\${why:+: $why}"; exit 1`,
    ]),
    initialDelay,
    timeout,
    ...(continueUnanswered ? { onTimeout: 'continueIfUnanswered' } : {}),
  }
}

const encoded = (query: string): string => encodeURIComponent(query)

/** Ends a script that asks: who would know does not. */
export const doesNotTell = (why: string): Script => sh`printf '%s\n' ${why}; exit ${UNANSWERED}`

/** Of the first series of the answer, which has one; two digits behind the point say enough. */
const tellFigure = (what: string, query: string): Script => sh`
  prometheus ${encoded(query)}
  value=$(printf '%s' "$answer" | LC_ALL=C sed -n 's/.*"value":\[[^,]*,"\([^"]*\)".*/\1/p')
  case $value in *[0-9]*) value=$(LC_ALL=C printf '%.2f' "$value") ;; esac
  why="\${why:+$why, }"${`${what} `}"\${value:-none}"
`

/**
 * `prometheus QUERY` asks the first of $addresses that answers on $port, and leaves its answer in $answer; `is_empty` says
 * whether that has no series. `prometheus QUERY _range` asks about a time. Errors of the API are JSON with a status of
 * their own (HTTP API, "Format overview"): bad_data stays so. Needs HTTP_GET.
 */
export const PROMETHEUS_API: Script = rawScript(
  [
    'prometheus() {',
    '  answer=; for address in $addresses; do',
    '    answer=$(http_get "$address" "$port" "/api/v1/query${2-}?query=$1" localhost)',
    '    if [ -n "$answer" ]; then break; fi',
    '  done',
    '  case $answer in',
    '  *\'"status":"success"\'*) return 0 ;;',
    `  '') echo "prometheus does not answer on port $port"; exit ${UNANSWERED} ;;`,
    '  esac',
    '  printf "%s\\n" "prometheus does not tell: $(printf %s "$answer" | tr "\\n" " " | head -c 300)"',
    `  case $answer in *'"errorType":"bad_data"'*) exit ${NEVER} ;; *) exit ${UNANSWERED} ;; esac`,
    '}',
    `is_empty() { case $answer in *'"result":[]'*) ;; *) return 1 ;; esac; }`,
  ].join('\n'),
)
