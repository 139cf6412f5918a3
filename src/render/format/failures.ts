import type { Failure } from '../../errors.ts'
import { failureLines } from './failure.ts'
import { indent, type Line, line, span } from './line.ts'
import { type SharedPart, sectionsOf } from './shared.ts'
import { variantLines } from './variants.ts'
import { counted, listing } from './words.ts'

export interface Failed {
  readonly host: string
  readonly failure: Failure
}

/**
 * Why hosts failed: those that failed alike are told together, all with their names, and what is each one's own (an address)
 * is in braces. A failure that only one host has is told as {@link failureLines} does.
 */
export function failureBlocks(failed: readonly Failed[]): Line[][] {
  const failures = new Map(failed.map(({ host, failure }) => [host, failure]))
  const plans = new Map(
    failed.map(({ host, failure }) => {
      const key = JSON.stringify([failure.code, failure.resource])
      const lines = failureLines('', nameless(failure, host))
      return [host, [{ key, counts: undefined, isNew: false, lines }]]
    }),
  )
  return sectionsOf(plans).flatMap(({ hosts, parts }) =>
    parts.map((part) => {
      const [only] = hosts
      const failure = hosts.length === 1 && only !== undefined ? failures.get(only) : undefined
      return failure && only !== undefined ? failureLines(only, failure) : together(hosts, part)
    }),
  )
}

/** Without the host's own name, which is another on each: `the link to {host} was cut`. */
function nameless(failure: Failure, host: string): Failure {
  const name = new RegExp(`(?<![\\w.-])${host.replace(/[.+*?^${}()|[\]\\]/g, '\\$&')}(?![\\w-])`, 'g')
  const without = (text: string): string => text.replace(name, '{host}')
  return { ...failure, message: without(failure.message), log: failure.log.map(without) }
}

function together(hosts: readonly string[], { rows }: SharedPart): Line[] {
  const [first = [], ...rest] = rows.map((row) => ('line' in row ? [row.line] : variantLines(row.variants)))
  const [message, ...others] = first
  if (message === undefined || others.length > 0)
    return [line(span('bad', `${counted(hosts.length, 'host')} failed:`)), ...indent([...first, ...rest.flat()])]
  return [line(span('bad', listing(hosts, Number.POSITIVE_INFINITY)), ...message), ...rest.flat()]
}
