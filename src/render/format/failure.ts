import type { Failure, Problem } from '../../errors.ts'
import { exactPlace } from '../../problems/place.ts'
import { indent, type Line, line, span } from './line.ts'
import { counted, listing } from './words.ts'

/** Lines of the host's log that are shown; JSON has all that were kept. */
const LOG_LINES = 20

/** What failed, what to do, and what the host said last. */
export function failureLines(host: string, failure: Failure): Line[] {
  const [first = '', ...more] = failure.message.split('\n')
  const at = placeIn(failure.resource, first)
  return [
    line(span('bad', `${host} failed${at}: `), first),
    ...indent([
      ...more.map((text) => line(text)),
      ...hintLines(failure.hint),
      ...failure.log.slice(-LOG_LINES).map((text) => line(span('dim', '│ '), text)),
    ]),
  ]
}

/** A message that begins with the name of a step (`drain:off the board`) needs no more than its phase. */
const placeIn = (resource: string | undefined, message: string): string => {
  if (resource === undefined) return ''
  const [phase = '', ...name] = resource.split(':')
  return ` at ${name.length > 0 && message.startsWith(name.join(':')) ? phase : resource}`
}

export function hintLines(hint: string | undefined): Line[] {
  return hint === undefined ? [] : [line(span('run', '→ '), hint)]
}

export function warningLines(message: string, hint: string | undefined): Line[] {
  return [line(span('warn', 'warning: '), message), ...indent(hintLines(hint))]
}

/** Everything wrong with the input, each with its place. */
export function problemLines(problems: readonly Problem[]): Line[] {
  return [
    ...problems.flatMap(problem),
    line(span('bad', `${counted(problems.length, 'problem')} in the input; no host was touched`)),
  ]
}

const problem = ({ origin, path, message, hint, hosts = [] }: Problem): Line[] => {
  const place = origin === undefined ? [] : [span('bold', exactPlace(origin)), '  ']
  const isTold = path === undefined || message.startsWith(path) || message.includes(`'${path}'`)
  const what = isTold ? message : `${path}: ${message}`
  const concerned = hosts.length > 0 ? [span('dim', ` (${listing(hosts, 5)})`)] : []
  return [line(...place, what, ...concerned), ...indent(hintLines(hint))]
}
