import type { CompiledResource } from '../catalog/compiled.ts'
import { ProvisionError } from '../errors.ts'
import type { SealGuard } from '../execute/seal-guard.ts'
import type { HostSession } from '../host/session.ts'
import type { Target } from '../host/target.ts'
import type { Observation, Question } from '../observe/question.ts'
import type { HostPlan } from '../plan/host-plan.ts'
import type { Planned } from '../plan/planner.ts'
import type { PlanFile } from '../sealed/format.ts'
import { parseSealAnswer, SEAL, type SealAnswer, sealQuestion } from '../sealed/host-key.ts'
import { movedSinceSealed } from '../sealed/moved.ts'
import { type HostSeal, sealHost } from '../sealed/seal-host.ts'
import { ago, minute } from '../sealed/validity.ts'
import type { Sealing } from './run-options.ts'

/** What one host's probes say to a plan that is kept. */
export interface HostSealing {
  questions(target: Target): readonly Question[]
  /** @throws ProvisionError where the host has nothing to key a seal by */
  heard(probed: Heard, session: Pick<HostSession, 'run'>): void
  seal(): HostSeal | undefined
  /** Undefined: the plan is being made. */
  readonly guard: SealGuard | undefined
}

interface Heard {
  readonly planned: Planned
  readonly resources: readonly CompiledResource[]
  readonly observed: ReadonlyMap<string, Observation>
}

/** Seconds that a host's clock may be off before that is told. */
const CLOCKS = 60

/** @param now this machine's clock, in milliseconds since 1970 */
export function hostSealing({ id, file }: Sealing, host: string, now: () => number = Date.now): HostSealing {
  let last: { readonly answer: SealAnswer; readonly seal: HostSeal; readonly run: string } | undefined
  let skew: number | undefined
  let sentAt = 0
  return {
    questions(target) {
      sentAt = now()
      return [sealQuestion(id, target)]
    },
    heard({ planned, resources, observed }, { run }) {
      const answer = answerIn(host, observed.get(SEAL))
      last = { answer, seal: sealHost(id, keyIn(host, answer), planned, resources), run: run.id }
      skew ??= skewOf(answer.now, sentAt / 1000, now() / 1000)
    },
    seal: () => last?.seal,
    guard: file && {
      applied() {
        const mark = last?.answer.marks.findLast(({ what, run }) => what === 'done' && run !== last?.run)
        return mark && { at: mark.at, by: mark.by }
      },
      isBegun: () => last?.answer.marks.some(({ what, run }) => what === 'begun' && run !== last?.run) ?? false,
      notes: () =>
        skew ? [`its clock is ${ago(Math.abs(skew) * 1000)} ${skew > 0 ? 'ahead of' : 'behind'} this machine's`] : [],
      check(planned, changed) {
        if (last) needWithinSeal(host, { file, planned, changed, ...last })
      },
    },
  }
}

/** Seconds that a clock is off, whenever between two times it was read; 0: it may be right. */
function skewOf(clock: number, from: number, to: number): number {
  const off = clock < from ? clock - from : clock > to ? clock - to : 0
  return Math.abs(off) > CLOCKS ? off : 0
}

interface Checked {
  readonly file: PlanFile
  readonly planned: Planned
  readonly changed: readonly string[]
  readonly answer: SealAnswer
  readonly seal: HostSeal
  readonly run: string
}

/** Differences that are told; the first ones say enough. */
const TOLD = 5

/** @throws ProvisionError stale, when what is to be done is not within the plan */
function needWithinSeal(host: string, { file, planned, changed, answer, seal, run }: Checked): void {
  const refuse = (message: string, hint: string) => new ProvisionError(message, { code: 'stale', host, hint })
  const sealed = file.plan.hosts.find((one) => one.host === host)
  const shown = shownPlan(file, host)
  const mac = file.macs.find(([name]) => name === host)?.[1]
  if (!sealed || !shown || mac === undefined) throw refuse('it is not in the plan', 'make the plan anew')
  if (mac !== seal.mac(file.digest)) {
    throw refuse(
      'the plan is not sealed by this host',
      'its SSH host key is another than when the plan was made (was it installed anew?), or somebody edited the plan: make it anew',
    )
  }
  const done = answer.marks.find((mark) => mark.what === 'done' && mark.run !== run)
  if (done && changed.length === 0) {
    throw refuse(`the plan was applied to it meanwhile, on ${minute(done.at)} by ${done.by}`, 'make a new plan')
  }
  const moved = movedSinceSealed({ sealed, shown, anew: planned, seal, changed, begun: answer.marks.length > 0 })
  if (moved.length === 0) return
  const more = moved.length > TOLD ? `; and ${moved.length - TOLD} more` : ''
  throw refuse(
    `it is not as it was when the plan was made: ${moved.slice(0, TOLD).join('; ')}${more}`,
    'put that right and apply the plan again, or make a new plan: that shows what is to be done now',
  )
}

function shownPlan({ plan }: PlanFile, host: string): HostPlan | undefined {
  for (const event of plan.events) if (event.type === 'host-planned' && event.host === host) return event.plan
  return undefined
}

function answerIn(host: string, observation: Observation | undefined): SealAnswer {
  if (observation?.answers) return parseSealAnswer(observation.answers.own)
  const why = observation?.failed ?? 'gave no answer'
  throw new ProvisionError(`what it keeps of plans can't be read: the probe ${why}`, { code: 'probe', host })
}

function keyIn(host: string, { key }: SealAnswer): string {
  if (key !== undefined) return key
  throw new ProvisionError('it has no SSH host key in /etc/ssh, by which its part of a plan would be sealed', {
    code: 'probe',
    host,
    hint: 'ssh-keygen -A makes one; without a kept plan (--out) none is needed',
  })
}
