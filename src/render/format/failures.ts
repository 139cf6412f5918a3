import type { Failure } from '../../errors.ts'
import { failureLines } from './failure.ts'
import { BLANK, indent, type Line, line, span } from './line.ts'
import { type Part, type SharedPart, sectionSteps } from './shared.ts'
import { atOnce, type Steps } from './steps.ts'
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
export const failureBlocks = (failed: readonly Failed[]): Line[][] => atOnce(failureSteps(failed))

/** The same in steps, for hundreds of hosts. */
export function* failureSteps(failed: readonly Failed[]): Steps<Line[][]> {
  const failures = new Map(failed.map(({ host, failure }) => [host, failure]))
  const blocks: Line[][] = []
  for (const { hosts, parts } of yield* sectionSteps(made(failed))) {
    for (const part of parts) {
      const [only] = hosts
      const failure = hosts.length === 1 && only !== undefined ? failures.get(only) : undefined
      blocks.push(failure && only !== undefined ? failureLines(only, failure) : together(hosts, part))
    }
    yield
  }
  return blocks
}

/** Blocks with a blank line behind each. */
export const apart = (blocks: readonly Line[][]): Line[] => blocks.flatMap((block) => [...block, BLANK])

function* made(failed: readonly Failed[]): Iterable<readonly [string, readonly Part[]]> {
  for (const { host, failure } of failed) {
    const key = JSON.stringify([failure.code, failure.resource])
    const lines = failureLines('', nameless(failure, host))
    yield [host, [{ key, counts: undefined, isNew: false, lines }]]
  }
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
