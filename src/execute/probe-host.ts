import type { CompiledHost, CompiledResource } from '../catalog/compiled.ts'
import { messageOf, ProvisionError } from '../errors.ts'
import type { HostSession } from '../host/session.ts'
import { withoutSecrets } from '../masking/secret.ts'
import { askApart, askTogether, readApart, readTogether } from '../observe/batch.ts'
import type { Observation, Question } from '../observe/question.ts'
import { type Planned, planHost } from '../plan/planner.ts'
import { FACTS, hostQuestions, STATE } from '../plan/questions.ts'
import { parseTargetState } from '../plan/target-state.ts'
import type { Answer } from '../shell/frame.ts'
import type { Script } from '../shell/script.ts'

/** Milliseconds for the whole probe: each fragment has a limit of its own within it. */
const PROBE_TIMEOUT_MS = 180_000

/** Compile and probe again so often when the facts turn out to be others. */
const MAX_TRIES = 3

/** What probing needs to know; facts are opaque here. */
export interface ProbeInput<Facts> {
  readonly session: HostSession
  readonly tier: string
  readonly factsProbe: Script
  parseFacts(answer: string): Facts
  compile(facts: Facts): CompiledHost
  /** Asked with the rest. */
  readonly more?: readonly Question[] | undefined
}

export interface Probed<Facts> {
  readonly facts: Facts
  readonly resources: readonly CompiledResource[]
  readonly planned: Planned
  /** What came of each question, by its id. */
  readonly observed: ReadonlyMap<string, Observation>
}

/**
 * Asks a host everything and plans. One exec when the facts are known and still true; one more where they are not.
 * @param known facts of an earlier run; undefined: they are asked for first
 * @param after runs at the end of the probe
 * @throws ProvisionError of the connection, or `probe` when the host's answer makes no sense
 */
export async function probeHost<Facts>(
  input: ProbeInput<Facts>,
  known: Facts | undefined,
  after?: Script,
): Promise<Probed<Facts>> {
  let facts = known ?? factsIn(input, await ask(input, []))
  for (let tries = 1; ; tries++) {
    const compiled = input.compile(facts)
    const { resources } = compiled
    const reply = await ask(input, resources, after)
    const found = factsIn(input, reply)
    // A fact that is another one at each look (an address that comes and goes) must not keep the run asking.
    const asKnown = JSON.stringify(found) === JSON.stringify(facts)
    if (tries === MAX_TRIES || asKnown) {
      const planned = planOf(input, compiled, reply)
      // What was read of the answer would keep the whole of it in memory.
      return { facts: asKnown ? facts : found, resources, planned, observed: reply.observed }
    }
    facts = found
  }
}

interface Reply {
  readonly observed: ReadonlyMap<string, Observation>
  /** Last lines of standard error: what the fragments complained about. */
  readonly stderrTail: readonly string[]
}

/** Asks all at once; what has no answer then (one hung, and took the others along) once more, each apart. */
async function ask<Facts>(
  input: ProbeInput<Facts>,
  resources: readonly CompiledResource[],
  after?: Script,
): Promise<Reply> {
  const { stateDir } = input.session.target
  const questions = hostQuestions(input.factsProbe, resources, stateDir, after, input.more)
  // Even the hash of a secret is not for people to see.
  const shown = (): Question[] =>
    hostQuestions(
      input.factsProbe,
      resources.map((resource) => ({ ...resource, desired: withoutSecrets(resource.desired) })),
      stateDir,
      after,
      input.more,
    )
  const { frames, stderrTail } = await send(input, askTogether, questions, shown)
  const first = readTogether(questions, frames)
  const isOpen = ({ id }: Question) => !first.has(id)
  const open = questions.filter(isOpen)
  if (open.length === 0) return { observed: first, stderrTail }
  const second = await send(input, askApart, open, () => shown().filter(isOpen))
  const observed = new Map([...first, ...readApart(open, second.frames)])
  if (observed.has(FACTS)) return { observed, stderrTail: second.stderrTail }
  throw new ProvisionError('the host gave no answer to the probe', {
    code: 'probe',
    host: input.session.host,
    hint: `sh ended with status ${second.status}: is the login shell's start-up file printing or failing?`,
    log: second.stderrTail,
  })
}

interface Sent {
  readonly status: number
  readonly frames: ReadonlyMap<string, Answer>
  readonly stderrTail: readonly string[]
}

async function send<Facts>(
  input: ProbeInput<Facts>,
  script: (nonce: string, questions: readonly Question[], path: string) => Script,
  questions: readonly Question[],
  shown: () => readonly Question[],
): Promise<Sent> {
  const { status, answers, stderr } = await input.session.ask({
    purpose: 'probe',
    script: (nonce, path) => script(nonce, questions, path),
    shown: (nonce, path) => script(nonce, shown(), path),
    timeoutMs: PROBE_TIMEOUT_MS,
  })
  return { status, frames: answers, stderrTail: lastLines(stderr) }
}

function factsIn<Facts>(input: ProbeInput<Facts>, { observed }: Reply): Facts {
  const found = observed.get(FACTS)
  const output = found?.answers?.own ?? found?.printed ?? ''
  try {
    return input.parseFacts(output)
  } catch (error) {
    throw new ProvisionError(`the facts of this host can't be read: ${messageOf(error)}`, {
      code: 'probe',
      host: input.session.host,
      hint: 'targets are Debian or Ubuntu hosts with systemd',
      log: lastLines(output),
    })
  }
}

function planOf<Facts>(
  input: ProbeInput<Facts>,
  { resources, rollouts }: CompiledHost,
  { observed, stderrTail }: Reply,
): Planned {
  const state = observed.get(STATE)?.answers
  if (state === undefined) {
    throw new ProvisionError("what earlier runs left can't be read", { code: 'probe', host: input.session.host })
  }
  return planHost({
    host: input.session.host,
    tier: input.tier,
    resources,
    rollouts,
    observed,
    state: parseTargetState(state.own),
    stderrTail,
  })
}

const lastLines = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-8)
