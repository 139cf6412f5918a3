import type { Connection } from '../connection/connection.ts'
import { type ErrorCode, messageOf, ProvisionError } from '../errors.ts'
import { NEVER, type Phase, type RolloutStep, UNANSWERED } from '../rollout/step.ts'
import { parseFrame, probeScript } from '../shell/frame.ts'
import { joinScripts, rawScript, type Script } from '../shell/script.ts'
import type { Emit } from './events.ts'
import { amongRuns } from './lock.ts'
import { pause } from './pause.ts'

/** Seconds that `run` may take, and one question. */
const RUN_TIMEOUT = 120
const ASK_TIMEOUT = 30
/** Lines of what was done that are told: the last of them. */
const TOLD_LINES = 1000
/** Seconds for `until` where a step has no limit of its own, and between two questions. */
const WITHIN = 60
const EVERY = 1

/** What it takes to follow a step for one host. */
export interface StepContext {
  /** The host whose change it is about. */
  readonly host: string
  /** Any host of the inventory. */
  reach(host: string): Promise<Connection>
  nonce(): string
  mask(text: string): string
  emit: Emit
  readonly showScripts: boolean
  readonly signal?: AbortSignal | undefined
}

export interface StepOptions {
  readonly phase: Phase
  /** Seconds for `until`, in place of the step's own. */
  readonly within?: number | undefined
  /** Asked between two questions: true ends the wait. */
  readonly givenUp?: () => boolean
  /** The deed of `run` is done in here; the wait is not. */
  readonly inTurn?: <T>(work: () => Promise<T>) => Promise<T>
}

/**
 * Does what a step says, on each of its hosts, and waits until it is so.
 * @throws ProvisionError drain, gate or preflight, with what the hosts said last
 */
export async function runStep(context: StepContext, step: RolloutStep, options: StepOptions): Promise<void> {
  const { phase } = options
  const key = `${phase}:${step.name}`
  const began = performance.now()
  context.emit({ type: 'step-started', host: context.host, key, action: phase })
  const finished = (ok: boolean) =>
    context.emit({ type: 'step-finished', host: context.host, key, ok, ms: performance.now() - began })
  try {
    const { run } = step
    const deed = () => (run ? act(context, step, run, key) : Promise.resolve())
    await (options.inTurn ? options.inTurn(deed) : deed())
    if (step.after) await rest(context, step.after, options.givenUp)
    if (step.until) await wait(context, step, step.until, { ...options, key })
    finished(true)
  } catch (error) {
    finished(false)
    if (context.signal?.aborted) throw error
    throw error instanceof StepFailure ? asError(error, context.host, phase, step) : error
  }
}

interface Said {
  readonly on: string
  readonly status: number
  readonly lines: readonly string[]
}

/** Why a step failed; which host it is about is said by who catches it. */
class StepFailure extends Error {
  readonly said: Said
  constructor(message: string, said: Said) {
    super(message)
    this.said = said
  }
}

const CODES: Readonly<Record<Phase, ErrorCode>> = {
  preflight: 'preflight',
  drain: 'drain',
  gate: 'gate',
  undrain: 'drain',
  verify: 'verify',
}

function asError({ message, said }: StepFailure, host: string, phase: Phase, step: RolloutStep): ProvisionError {
  const place = said.on === host ? '' : ` on ${said.on}`
  return new ProvisionError(`${step.name}${place}: ${message}`, {
    code: CODES[phase],
    host,
    resource: `${phase}:${step.name}`,
    log: said.lines,
  })
}

const targetsOf = (context: StepContext, step: RolloutStep): readonly string[] => step.on ?? [context.host]

async function act(context: StepContext, step: RolloutStep, script: Script, key: string): Promise<void> {
  const said = await Promise.all(
    targetsOf(context, step).map((on) =>
      exec(context, on, step.underLock ? joinScripts([amongRuns, script]) : script, { key, timeout: RUN_TIMEOUT }),
    ),
  )
  for (const one of said) for (const line of one.lines.slice(-TOLD_LINES)) tell(context, key, one.on, line)
  const failed = said.find(({ status }) => status !== 0)
  if (failed) throw new StepFailure(failed.lines.at(-1) ?? `status ${failed.status}`, failed)
}

async function wait(
  context: StepContext,
  step: RolloutStep,
  script: Script,
  { key, within, givenUp }: StepOptions & { readonly key: string },
): Promise<void> {
  const limit = within ?? step.within ?? WITHIN
  const end = performance.now() + limit * 1000
  const told = new Map<string, string>()
  for (let first = true; ; first = false) {
    const said = await Promise.all(
      targetsOf(context, step).map((on) =>
        exec(context, on, script, { key: first ? key : undefined, timeout: ASK_TIMEOUT }),
      ),
    )
    const open = said.filter(({ status }) => status !== 0)
    const [one] = open
    if (one === undefined) return
    const never = open.find(({ status }) => status === NEVER)
    if (never) throw new StepFailure(reasonOf(never), never)
    if (performance.now() >= end && mayGoOn(step, open)) {
      tell(context, key, one.on, `${reasonOf(one)}; going on after ${limit} s`)
      return
    }
    if (performance.now() >= end) throw new StepFailure(`${reasonOf(one)}${limit > 0 ? ` after ${limit} s` : ''}`, one)
    if (givenUp?.()) throw new StepFailure('the run was stopped', one)
    for (const each of open) {
      if (told.get(each.on) === reasonOf(each)) continue
      told.set(each.on, reasonOf(each))
      tell(context, key, each.on, reasonOf(each))
    }
    await pause((step.every ?? EVERY) * 1000, context)
  }
}

/** A host that can't be reached, and a question that takes too long, tell nothing either. */
const NO_ANSWER: readonly number[] = [UNANSWERED, 124, 255]

const mayGoOn = ({ orGoOn = false }: RolloutStep, open: readonly Said[]): boolean =>
  orGoOn === 'unanswered' ? open.every(({ status }) => NO_ANSWER.includes(status)) : orGoOn

/** Ends early when nobody wants to know any more. */
async function rest(context: StepContext, seconds: number, givenUp?: () => boolean): Promise<void> {
  const end = performance.now() + seconds * 1000
  while (performance.now() < end && !givenUp?.()) {
    await pause(Math.min(250, end - performance.now()), context)
  }
}

const reasonOf = ({ lines, status }: Said): string => lines.at(-1) ?? `condition not met yet (exit status ${status})`

function tell(context: StepContext, key: string, on: string, text: string): void {
  const line = on === context.host ? text : `${on}: ${text}`
  context.emit({ type: 'output', host: context.host, key, line })
}

/** A host that can't be reached has not said yes: that is data too, for it may come back while one waits. */
async function exec(
  context: StepContext,
  on: string,
  script: Script,
  { key, timeout }: { readonly key: string | undefined; readonly timeout: number },
): Promise<Said> {
  const nonce = context.nonce()
  const text = probeScript(nonce, [
    { id: 'step', script: joinScripts([rawScript('exec 2>&1; set -e'), script]), timeout },
  ]).sh
  if (context.showScripts && key !== undefined) {
    context.emit({ type: 'script', host: on, purpose: key, script: text })
  }
  try {
    const connection = await context.reach(on)
    const { stdout } = await connection.exec(text, {
      timeoutMs: (timeout + 10) * 1000,
      ...(context.signal ? { signal: context.signal } : {}),
    })
    const answer = parseFrame(nonce, stdout).get('step')
    if (answer === undefined) return { on, status: 255, lines: ['the host gave no answer'] }
    const lines = answer.body.split('\n').filter((line) => line.trim() !== '')
    return { on, status: answer.status, lines: lines.map((line) => context.mask(line)) }
  } catch (error) {
    if (context.signal?.aborted) throw error
    return { on, status: 255, lines: [messageOf(error)] }
  }
}
