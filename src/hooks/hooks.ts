import { InputError, messageOf } from '../errors.ts'
import type { Event } from '../execute/events.ts'
import { type Hook, type HookCall, type HookRun, type Moment, nameOfHook } from './hook.ts'
import { momentsOf } from './moments.ts'
import { runProgram } from './program.ts'
import { callWebhook } from './webhook.ts'

export interface HooksInput {
  readonly hooks: readonly Hook[]
  /** Absolute folder of the project. */
  readonly root: string
  readonly run: HookRun
  /** Takes secrets out of a text. */
  mask(text: string): string
  /** What must not be shown from now on. */
  learn(secret: string): void
  /** A hook that failed is told; the run goes on. */
  warn(message: string, hint: string): void
}

/** The hooks of one run. */
export interface Hooks {
  event(event: Event): void
  /**
   * Resolves when the first change may be made.
   * @throws InputError when a hook that is required has failed
   */
  beforeFirstChange(): Promise<void>
  /** Resolves when all have been called. Never throws. */
  finish(): Promise<void>
}

const GATES: readonly Moment[] = ['planned', 'begun']
/** Shorter words of a header (`Bearer`) are no secrets, and would mask half of what is told. */
const SHORTEST_SECRET = 8

export function createHooks({ hooks, root, run, mask, learn, warn }: HooksInput): Hooks {
  const moments = momentsOf(run)
  const own = hooks.filter(({ dryRuns }) => dryRuns || !run.check)
  /** One call of a hook after the other: who hears that a host is back has heard that it was taken out. */
  const queues = new Map<Hook, Promise<void>>()
  const refusals: string[] = []

  const carryOut = async (hook: Hook, call: HookCall): Promise<void> => {
    const input = `${JSON.stringify(call)}\n`
    try {
      if (hook.run) await runProgram(hook.run, { root, input, timeout: hook.timeout })
      else await callWebhook(hook, input, (secret) => secret.length >= SHORTEST_SECRET && learn(secret))
    } catch (error) {
      const message = mask(`hook ${nameOfHook(hook)} (${call.moment}) failed: ${messageOf(error)}`)
      if (hook.required && GATES.includes(call.moment) && !run.check) refusals.push(message)
      else warn(message, 'the run goes on; docs/hooks.md says how hooks are tried by hand')
    }
  }
  const tell = (call: HookCall): void => {
    for (const hook of own.filter(({ on }) => on.includes(call.moment)))
      queues.set(
        hook,
        (queues.get(hook) ?? Promise.resolve()).then(() => carryOut(hook, call)),
      )
  }
  const refuse = (): void => {
    if (refusals.length === 0) return
    const hint = 'it is required: true, so nothing was changed'
    throw new InputError(refusals.map((message) => ({ message, hint })))
  }
  const needed = () => Promise.all([...queues].filter(([{ required }]) => required).map(([, queue]) => queue))
  return {
    event(event) {
      for (const call of moments.event(event)) tell(call)
    },
    async beforeFirstChange() {
      await needed()
      refuse()
      tell(moments.begun())
      await needed()
      refuse()
    },
    async finish() {
      await Promise.all(queues.values())
    },
  }
}
