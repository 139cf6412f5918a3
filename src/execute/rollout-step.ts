import { messageOf, ProvisionError } from '../errors.ts'
import { deed } from '../host/deed.ts'
import { amongRuns } from '../host/lock.ts'
import type { HostSession } from '../host/session.ts'
import { codeOf, type Phase } from '../rollout/phase.ts'
import { NEVER, type RolloutStep, UNANSWERED } from '../rollout/step.ts'
import { joinScripts, type Script } from '../shell/script.ts'

/** Seconds that `run` may take, and one question. */
const RUN_TIMEOUT = 120
const ASK_TIMEOUT = 30
/** Lines of what was done that are told: the last of them. */
const TOLD_LINES = 1000
/** Seconds for `until` where a step has no limit of its own, and between two questions. */
const WITHIN = 60
const INTERVAL = 1

export interface StepOptions {
  readonly phase: Phase
  /** Seconds for `until`, in place of the step's own. */
  readonly timeout?: number | undefined
  /** Asked between two questions: true ends the wait. */
  readonly givenUp?: () => boolean
  /** The deed of `run` is done in here; the wait is not. */
  readonly oneAtATime?: <T>(work: () => Promise<T>) => Promise<T>
}

/**
 * Does what a step says, on each of its hosts, and waits until it is so.
 * @throws ProvisionError drain, gate or preflight, with what the hosts said last
 */
export async function runStep(session: HostSession, step: RolloutStep, options: StepOptions): Promise<void> {
  const { phase } = options
  const key = `${phase}:${step.name}`
  const began = performance.now()
  session.emit({ type: 'step-started', host: session.host, key, action: phase })
  const finished = (ok: boolean) =>
    session.emit({ type: 'step-finished', host: session.host, key, ok, ms: performance.now() - began })
  try {
    const { run } = step
    const deed = () => (run ? act(session, step, run, key) : Promise.resolve())
    await (options.oneAtATime ? options.oneAtATime(deed) : deed())
    if (step.initialDelay) await rest(session, step.initialDelay, options.givenUp)
    if (step.until) await wait(session, step, step.until, { ...options, key })
    finished(true)
  } catch (error) {
    finished(false)
    if (session.signal?.aborted) throw error
    throw error instanceof StepFailure ? asError(error, session.host, phase, step) : error
  }
}

interface Answer {
  readonly on: string
  readonly status: number
  readonly lines: readonly string[]
}

/** Why a step failed; which host it is about is said by who catches it. */
class StepFailure extends Error {
  readonly answer: Answer
  constructor(message: string, answer: Answer) {
    super(message)
    this.answer = answer
  }
}

function asError(
  { message, answer: said }: StepFailure,
  host: string,
  phase: Phase,
  step: RolloutStep,
): ProvisionError {
  const place = said.on === host ? '' : ` on ${said.on}`
  return new ProvisionError(`${step.name}${place}: ${message}`, {
    code: codeOf(phase),
    host,
    resource: `${phase}:${step.name}`,
    log: said.lines,
  })
}

const targetsOf = (session: HostSession, step: RolloutStep): readonly string[] => step.on ?? [session.host]

async function act(session: HostSession, step: RolloutStep, script: Script, key: string): Promise<void> {
  const answers = await Promise.all(
    targetsOf(session, step).map((on) =>
      say(session, on, ({ target }) => (step.underLock ? joinScripts([amongRuns(target), script]) : script), {
        key,
        timeout: RUN_TIMEOUT,
      }),
    ),
  )
  for (const one of answers) for (const line of one.lines.slice(-TOLD_LINES)) tell(session, key, one.on, line)
  const failed = answers.find(({ status }) => status !== 0)
  if (failed) throw new StepFailure(failed.lines.at(-1) ?? `status ${failed.status}`, failed)
}

async function wait(
  session: HostSession,
  step: RolloutStep,
  script: Script,
  { key, timeout, givenUp }: StepOptions & { readonly key: string },
): Promise<void> {
  const limit = timeout ?? step.timeout ?? WITHIN
  const end = performance.now() + limit * 1000
  const lastReasons = new Map<string, string>()
  for (let first = true; ; first = false) {
    const answers = await Promise.all(
      targetsOf(session, step).map((on) =>
        say(session, on, () => script, { key: first ? key : undefined, timeout: ASK_TIMEOUT }),
      ),
    )
    const open = answers.filter(({ status }) => status !== 0)
    const [one] = open
    if (one === undefined) return
    const never = open.find(({ status }) => status === NEVER)
    if (never) throw new StepFailure(reasonOf(never), never)
    if (performance.now() >= end && mayGoOn(step, open)) {
      tell(session, key, one.on, `${reasonOf(one)}; going on after ${limit} s`)
      return
    }
    if (performance.now() >= end) throw new StepFailure(`${reasonOf(one)}${limit > 0 ? ` after ${limit} s` : ''}`, one)
    if (givenUp?.()) throw new StepFailure('the run was stopped', one)
    for (const each of open) {
      if (lastReasons.get(each.on) === reasonOf(each)) continue
      lastReasons.set(each.on, reasonOf(each))
      tell(session, key, each.on, reasonOf(each))
    }
    await session.pause((step.interval ?? INTERVAL) * 1000)
  }
}

/** A host that can't be reached, and a question that takes too long, tell nothing either. */
const NO_ANSWER: readonly number[] = [UNANSWERED, 124, 255]

const mayGoOn = ({ onTimeout = 'fail' }: RolloutStep, open: readonly Answer[]): boolean =>
  onTimeout === 'continueIfUnanswered'
    ? open.every(({ status }) => NO_ANSWER.includes(status))
    : onTimeout === 'continue'

/** Ends early when nobody wants to know any more. */
async function rest(session: HostSession, seconds: number, givenUp?: () => boolean): Promise<void> {
  const end = performance.now() + seconds * 1000
  while (performance.now() < end && !givenUp?.()) {
    await session.pause(Math.min(250, end - performance.now()))
  }
}

const reasonOf = ({ lines, status }: Answer): string => lines.at(-1) ?? `condition not met yet (exit status ${status})`

function tell(session: HostSession, key: string, on: string, text: string): void {
  const line = on === session.host ? text : `${on}: ${text}`
  session.emit({ type: 'output', host: session.host, key, line })
}

/** A host that can't be reached has not said yes: that is data too, for it may come back while one waits. */
async function say(
  session: HostSession,
  on: string,
  script: (there: HostSession) => Script,
  { key, timeout }: { readonly key: string | undefined; readonly timeout: number },
): Promise<Answer> {
  const there = on === session.host ? session : session.on(on)
  try {
    const answer = await deed(there, { script: script(there), purpose: key, timeout })
    if (answer === undefined) return { on, status: 255, lines: ['the host gave no answer'] }
    return { on, status: answer.status, lines: answer.lines.map((line) => session.mask(line)) }
  } catch (error) {
    if (session.signal?.aborted) throw error
    return { on, status: 255, lines: [messageOf(error)] }
  }
}
