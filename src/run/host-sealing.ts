import type { CompiledResource } from '../catalog/compiled.ts'
import { ProvisionError } from '../errors.ts'
import type { SealGuard } from '../execute/seal-guard.ts'
import type { Target } from '../host/target.ts'
import type { Observation, Question } from '../observe/question.ts'
import type { Planned } from '../plan/planner.ts'
import { parseSealAnswer, SEAL, type SealAnswer, sealQuestion } from '../sealed/host-key.ts'
import { type HostSeal, sealHost } from '../sealed/seal-host.ts'
import type { Sealing } from './run-options.ts'

/** What one host's probes say to a plan that is kept. */
export interface HostSealing {
  questions(target: Target): readonly Question[]
  /** @throws ProvisionError where the host has nothing to key a seal by */
  heard(planned: Planned, resources: readonly CompiledResource[], observed: ReadonlyMap<string, Observation>): void
  seal(): HostSeal | undefined
  readonly guard: SealGuard | undefined
}

export function hostSealing({ id }: Sealing, host: string): HostSealing {
  let seal: HostSeal | undefined
  return {
    questions: (target) => [sealQuestion(id, target)],
    heard(planned, resources, observed) {
      seal = sealHost(id, keyIn(host, answerIn(host, observed.get(SEAL))), planned, resources)
    },
    seal: () => seal,
    guard: undefined,
  }
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
