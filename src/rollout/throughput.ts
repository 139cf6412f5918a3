import type { FieldSchema } from '../schemas/fields.ts'
import type { Script } from '../shell/script.ts'

/**
 * What goes through the tier of a host, as somebody counts it all the time who has no part in the run. It is asked when the
 * run is over, for its report: nothing depends on it.
 */
export interface Throughput {
  /** Hosts of the inventory that know; the first that can tell counts. */
  readonly on: readonly string[]
  /**
   * Read-only. Prints a line for each moment of the last `$seconds` seconds, one every `$step`: `requests AGO VALUE`, and
   * `errors AGO VALUE` where somebody counts them; AGO in seconds, VALUE per second. Any exit status but 0: it is not known,
   * and the last line says why.
   */
  readonly script: Script
}

export const THROUGHPUT = {
  description: 'What goes through the tier of the host: asked when the run is over, for its report.',
  type: 'object',
  additionalProperties: false,
  required: ['on', 'script'],
  properties: {
    on: {
      description: 'Hosts of the inventory that know; the first that can tell counts.',
      type: 'array',
      items: { type: 'string' },
    },
    script: {
      description:
        'sh`…`, read-only. Prints a line for each moment of the last $seconds seconds, one every $step: `requests AGO VALUE`, and `errors AGO VALUE` where somebody counts them; AGO in seconds, VALUE per second.',
      is: 'script',
    },
  },
  optional: true,
} as const satisfies FieldSchema

/** How many seconds ago, and how many a second. */
export interface Sample {
  readonly ago: number
  readonly perSecond: number
}

export interface Samples {
  /** The oldest first. */
  readonly requests: readonly Sample[]
  /** Undefined: nobody counts them. */
  readonly errors?: readonly Sample[] | undefined
}

/** What such a script printed; lines that are no samples are nothing. */
export function samplesIn(lines: readonly string[]): Samples {
  const of = (name: string): Sample[] =>
    lines
      .flatMap((line) => {
        const [, what, ago, perSecond] = SAMPLE.exec(line) ?? []
        return what === name ? [{ ago: Number(ago), perSecond: Number(perSecond) }] : []
      })
      .toSorted((a, b) => b.ago - a.ago)
  const errors = of('errors')
  return { requests: of('requests'), ...(errors.length > 0 && { errors }) }
}

/** Prometheus writes numbers as Go does: 1e+06 too; what is not a number (NaN, +Inf) is no sample. */
const SAMPLE = /^(requests|errors) (-?\d+(?:\.\d+)?) (\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/
