import type { CompiledResource } from '../catalog/compiled.ts'
import type { Connection } from '../connection/connection.ts'
import { messageOf, ProvisionError } from '../errors.ts'
import { groupByKind, type KindGroup } from '../plan/probe-batch.ts'
import { type Answer, parseFrame, probeScript } from '../shell/frame.ts'

/** Seconds that one kind's probe may take. */
const TIMEOUT = 30

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
  const groups = groupByKind(resources)
  const fragments = groups.map(({ kind, resources: all }) => ({
    id: kind.kind,
    script: kind.probe(all.map(({ desired }) => desired)),
    timeout: TIMEOUT,
  }))
  const { stdout } = await connection.exec(probeScript(nonce, fragments).sh, {
    timeoutMs: (TIMEOUT * fragments.length + 10) * 1000,
    ...(signal ? { signal } : {}),
  })
  const answers = parseFrame(nonce, stdout)
  return new Map(groups.flatMap((group) => read(host, group, answers.get(group.kind.kind))))
}

function read(host: string, { kind, resources }: KindGroup, answer: Answer | undefined): [string, unknown][] {
  const failed = (why: string) =>
    new ProvisionError(`the state of ${resources.map(({ key }) => key).join(', ')} can't be told: ${why}`, {
      code: 'probe',
      host,
      resource: resources[0]?.key,
    })
  if (answer?.status !== 0) throw failed(answer === undefined ? 'no answer' : `status ${answer.status}`)
  try {
    const found = kind.parse(
      answer.body,
      resources.map(({ desired }) => desired),
    )
    return resources.map(({ key, desired }) => [key, found.get(kind.key(desired)) ?? 'unknown'])
  } catch (error) {
    throw failed(messageOf(error))
  }
}
