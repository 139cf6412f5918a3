/**
 * Where a value was written: a file of the project and the place in it (1-based). Line 0: what no lines lead to, such as
 * what a program printed; then `file` names it with the way to the value: `inventories/prod/hosts (executable): eu1.port`.
 */
export interface Origin {
  readonly file: string
  readonly line: number
  readonly col: number
}

/** What went wrong, for programs: stable words that tests and `--json` readers may rely on. */
export type ErrorCode =
  | 'input' // bad YAML, vars, flags, templates: found before any host is touched
  | 'dns'
  | 'refused'
  | 'timeout'
  | 'unreachable' // no route, reset, link cut
  | 'host-key'
  | 'auth'
  | 'become'
  | 'stale' // it would disrupt more than was planned: not changed, or no further
  | 'locked' // another run changes this host
  | 'output' // the host printed without end, and was cut off
  | 'probe' // a fragment of the probe failed or answered nonsense
  | 'apply'
  | 'handler'
  | 'preflight' // a tier was not fit to be rolled out: nothing of it was changed
  | 'drain' // a host did not get out of, or back into service
  | 'gate' // after the change the host is not fit to serve
  | 'verify' // back in service after the change, it does not serve as it should
  | 'not-converging' // the probe after the change still finds a difference
  | 'reverted' // a change that cut access was put back by the automatic revert
  | 'stopped' // not tried: the failure budget was spent or the user stopped the run
  | 'aborted' // let go in the middle: the user wanted out at once
  | 'internal'

export interface ErrorFacts {
  readonly code: ErrorCode
  readonly host?: string | undefined
  /** Key of the resource, e.g. `file:/etc/motd`. */
  readonly resource?: string | undefined
  readonly origin?: Origin | undefined
  /** What to do about it: one sentence. */
  readonly hint?: string | undefined
  /** Last lines of what the host printed, secrets masked. */
  readonly log?: readonly string[] | undefined
  /** The change that failed has put back what was before, which serves. */
  readonly restored?: boolean | undefined
  /** The change was refused by its own validation: nothing of it landed. */
  readonly refused?: boolean | undefined
  /** Keys of steps that were sent and of which nobody heard how they ended, if they began at all. */
  readonly unheard?: readonly string[] | undefined
  readonly cause?: unknown
}

/** Every expected failure. Printed in two lines, without a stack. */
export class ProvisionError extends Error {
  override readonly name = 'ProvisionError'
  readonly code: ErrorCode
  readonly host: string | undefined
  readonly resource: string | undefined
  readonly origin: Origin | undefined
  readonly hint: string | undefined
  readonly log: readonly string[]
  readonly restored: boolean
  readonly refused: boolean
  readonly unheard: readonly string[]

  constructor(message: string, facts: ErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.code = facts.code
    this.host = facts.host
    this.resource = facts.resource
    this.origin = facts.origin
    this.hint = facts.hint
    this.log = facts.log ?? []
    this.restored = facts.restored ?? false
    this.refused = facts.refused ?? false
    this.unheard = facts.unheard ?? []
  }
}

/** The user wants out at once: a host in hand is let go. */
export function aborted(host?: string): ProvisionError {
  return new ProvisionError('aborted by the user', {
    code: 'aborted',
    host,
    hint: 'run again: a step that was at work runs to its end on the host, and what is left is done then',
  })
}

/** One thing wrong with the input. */
export interface Problem {
  readonly message: string
  readonly origin?: Origin | undefined
  /** Path of the value inside its file, e.g. `tiers.web.hosts.web1.addres`. */
  readonly path?: string | undefined
  readonly hint?: string | undefined
  /** Hosts that have it; undefined: it is nobody's in particular. */
  readonly hosts?: readonly string[] | undefined
}

/** Everything wrong with the input, at once. */
export class InputError extends Error {
  override readonly name = 'InputError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ message, hosts }) => (hosts ? `${message} (${hosts.join(', ')})` : message)).join('\n'))
    this.problems = problems
  }
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** A failure as data: what a renderer prints and `--json` carries. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly resource?: string | undefined
  readonly hint?: string | undefined
  readonly log: readonly string[]
}

/** Anything thrown while a host was in hand, as data. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ProvisionError) {
    const { code, message, resource, hint, log } = error
    return { code, message, resource, hint, log }
  }
  // Whoever waits with a signal of the user's throws this.
  if (error instanceof Error && error.name === 'AbortError') return failureOf(aborted())
  const stack = error instanceof Error && error.stack ? error.stack.split('\n').slice(1, 6) : []
  return {
    code: 'internal',
    message: messageOf(error),
    hint: 'this is a fault of provision itself: please report it',
    log: stack.map((line) => line.trim()),
  }
}
