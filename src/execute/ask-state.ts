import type { CompiledResource } from '../catalog/compiled.ts'
import { messageOf, ProvisionError } from '../errors.ts'
import type { HostSession } from '../host/session.ts'
import { withoutSecrets } from '../masking/secret.ts'
import { askApart, limitApart, readApart } from '../observe/batch.ts'
import type { Observation } from '../observe/question.ts'
import { groupByKind, type KindGroup, kindQuestions } from '../plan/questions.ts'

/**
 * What a host holds of some resources, by their key: for decisions that come before a plan.
 * @throws ProvisionError when it can't be told
 */
export async function askState(
  session: HostSession,
  resources: readonly CompiledResource[],
): Promise<Map<string, unknown>> {
  const questions = kindQuestions(resources)
  // Even the hash of a secret is not for people to see.
  const shown = () => kindQuestions(resources.map((one) => ({ ...one, desired: withoutSecrets(one.desired) })))
  const { answers } = await session.ask({
    purpose: 'probe',
    script: (nonce, path) => askApart(nonce, questions, path),
    shown: (nonce, path) => askApart(nonce, shown(), path),
    timeoutMs: (limitApart(questions) + 10) * 1000,
  })
  const observed = readApart(questions, answers)
  return new Map(groupByKind(resources).flatMap((group) => read(session.host, group, observed.get(group.kind.kind))))
}

function read(host: string, { kind, resources }: KindGroup, observation: Observation | undefined): [string, unknown][] {
  const failed = (why: string) =>
    new ProvisionError(`the state of ${resources.map(({ key }) => key).join(', ')} can't be told: ${why}`, {
      code: 'probe',
      host,
      resource: resources[0]?.key,
    })
  if (observation?.answers === undefined) throw failed(`its probe ${observation?.failed ?? 'gave no answer'}`)
  try {
    const found = kind.parse(
      observation.answers,
      resources.map(({ desired }) => desired),
    )
    return resources.map(({ key, desired }) => [key, found.get(kind.key(desired)) ?? 'unknown'])
  } catch (error) {
    throw failed(messageOf(error))
  }
}
