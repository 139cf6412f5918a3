import type { CompiledResource } from '../catalog/compiled.ts'
import type { Connection } from '../connection/connection.ts'
import { messageOf, ProvisionError } from '../errors.ts'
import { askApart, readApart } from '../observe/batch.ts'
import type { Observation } from '../observe/question.ts'
import { groupByKind, type KindGroup, kindQuestions } from '../plan/questions.ts'
import { parseFrame } from '../shell/frame.ts'

/**
 * What a host holds of some resources, by their key: for decisions that come before a plan.
 * @throws ProvisionError when it can't be told
 */
export async function askState(
  host: string,
  connection: Connection,
  nonce: string,
  resources: readonly CompiledResource[],
  signal?: AbortSignal,
): Promise<Map<string, unknown>> {
  const questions = kindQuestions(resources)
  const { stdout } = await connection.exec(askApart(nonce, questions).sh, {
    timeoutMs: (questions.reduce((sum, { timeout }) => sum + timeout, 0) + 10) * 1000,
    ...(signal ? { signal } : {}),
  })
  const observed = readApart(questions, parseFrame(nonce, stdout))
  return new Map(groupByKind(resources).flatMap((group) => read(host, group, observed.get(group.kind.kind))))
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
