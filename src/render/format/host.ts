import type { HostResult } from '../../execute/events.ts'
import { type Line, line, span } from './line.ts'
import { sizeText } from './plan.ts'
import { bytes, counted, duration, listing } from './words.ts'

/** `2 changes, 1 handler`: what was done on a host. */
export function doneText({ changed, putBack }: HostResult): string {
  const handlers = changed.filter((key) => key.startsWith('handler:')).length
  if (putBack && changed.length === 0) return 'back in service'
  return `${sizeText(changed.length - handlers, handlers)}${putBack ? ', back in service' : ''}`
}

/** `4.1 s, 5 execs, 12.0 KiB out, 3.1 KiB in` */
export function costText({ ms, traffic }: HostResult): string {
  const { execs, bytesOut, bytesIn } = traffic
  return `${duration(ms)}, ${counted(execs, 'exec')}, ${bytes(bytesOut)} out, ${bytes(bytesIn)} in`
}

/** Unchanged hosts: one line for all of them; with `verbosity` one each, with what it cost to know. */
export function unchangedLines(results: readonly HostResult[], verbosity: number): Line[] {
  if (results.length === 0) return []
  if (verbosity === 0) return [line(span('good', 'ok: '), listing(results.map(({ host }) => host)))]
  const width = Math.max(...results.map(({ host }) => host.length))
  return results.map((result) =>
    line(span('good', 'ok: '), result.host.padEnd(width), span('dim', `  ${costText(result)}`)),
  )
}
