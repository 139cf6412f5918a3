import pLimit from 'p-limit'
import { messageOf, ProvisionError } from '../errors.ts'
import type { Emit } from '../execute/events.ts'
import type { HostRun } from '../execute/host-run.ts'
import { deed } from '../host/deed.ts'
import { either } from '../host/let-go.ts'
import { hostSession } from '../host/make-session.ts'
import type { HostAccess } from '../host/session.ts'
import { type Samples, samplesIn, type Throughput } from '../rollout/throughput.ts'
import type { TierPlan } from '../rollout/tier-plan.ts'
import { joinScripts, sh } from '../shell/script.ts'

/** Milliseconds in which all must be told: nobody waits for a report. */
const LIMIT_MS = 10_000
/** Seconds before the run that are asked for, too: what was usual. */
const BEFORE = 300
/** How many moments are asked for at most. */
const SAMPLES = 120
/** An sshd takes ten sessions over one connection. */
const AT_ONCE = 5

/** Somebody who counts what goes through a tier. */
export interface Counter {
  readonly tier: string
  readonly role: string
  readonly throughput: Throughput
}

/** Who counts what goes through the tiers that are about to be changed; the same question once for all hosts of a tier. */
export function countersOf(plans: readonly TierPlan[], runs: ReadonlyMap<string, HostRun>): Counter[] {
  const counters = new Map<string, Counter>()
  for (const { tier, batches } of plans) {
    for (const host of batches.flatMap(({ hosts }) => hosts)) {
      for (const { role, throughput } of runs.get(host)?.planned()?.around.counted ?? []) {
        if (throughput && throughput.on.length > 0)
          counters.set(JSON.stringify([tier, role, throughput.on, throughput.script.sh]), { tier, role, throughput })
      }
    }
  }
  return [...counters.values()]
}

interface Asking {
  readonly access: HostAccess
  readonly emit: Emit
  readonly runs: ReadonlyMap<string, HostRun>
  /** When the run began, by `performance.now()`. */
  readonly began: number
  /** Milliseconds. */
  readonly limit?: number | undefined
}

/** Asks them, and tells what they say. Never throws: who can't tell is told of. */
export async function tellThroughput(counters: readonly Counter[], asking: Asking): Promise<void> {
  const { access, emit, limit = LIMIT_MS } = asking
  if (counters.length === 0 || access.signal?.aborted) return
  const late = new AbortController()
  const why = new ProvisionError(`it gave no answer within ${limit / 1000} s`, { code: 'timeout' })
  const timer = setTimeout(() => late.abort(why), limit)
  const turn = pLimit(AT_ONCE)
  const ends = { ...asking, access: { ...access, signal: either(late.signal, access.signal) } }
  try {
    const answers = counters.map((one) => turn(async () => ({ ...one, ...(await ask(one.throughput, ends)) })))
    for (const { throughput: _, ...one } of await Promise.all(answers)) {
      if (!access.signal?.aborted) emit({ type: 'tier-throughput', ...one })
    }
  } finally {
    clearTimeout(timer)
  }
}

interface Answered extends Samples {
  readonly on: string
  readonly unknown?: string | undefined
}

/** The first that can tell; otherwise why the last one can't. */
async function ask({ on, script }: Throughput, { access, runs, began }: Asking): Promise<Answered> {
  const seconds = Math.ceil((performance.now() - began) / 1000) + BEFORE
  const whole = joinScripts([sh`seconds=${seconds} step=${Math.ceil(seconds / SAMPLES)}`, script])
  let answer: Answered = { on: '', requests: [] }
  for (const host of on) {
    answer = { on: host, ...(await askHost(host, { access, runs, script: whole })) }
    if (answer.unknown === undefined) break
  }
  return answer
}

async function askHost(
  host: string,
  { access, runs, script }: Pick<Asking, 'access' | 'runs'> & { readonly script: Throughput['script'] },
): Promise<Omit<Answered, 'on'>> {
  const nobody = (unknown: string) => ({ requests: [], unknown })
  // Whoever could not be reached a moment ago is not waited for once more.
  const failure = runs.get(host)?.planned() === undefined ? runs.get(host)?.failure() : undefined
  if (failure) return nobody(failure.message)
  try {
    const session = hostSession(access, host)
    const timeout = LIMIT_MS / 1000
    const answer = await deed(session, { script, purpose: 'what went through the tier', timeout })
    if (answer === undefined) return nobody('it gave no answer')
    if (answer.status !== 0) return nobody(answer.lines.at(-1) ?? `exit status ${answer.status}`)
    return samplesIn(answer.lines)
  } catch (error) {
    return nobody(messageOf(error))
  }
}
