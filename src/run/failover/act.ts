import { ProvisionError } from '../../errors.ts'
import { deed } from '../../host/deed.ts'
import type { HostSession } from '../../host/session.ts'
import type { Script } from '../../shell/script.ts'

export interface Act {
  /** In words. */
  readonly name: string
  readonly script: Script
  /** What is shown of it, when it holds secrets. */
  readonly shown?: Script | undefined
  /** Seconds. Default 60. */
  readonly timeout?: number | undefined
}

/**
 * One act of a switchover on one host.
 * @returns what it printed
 * @throws ProvisionError apply, with what it printed; or what the connection throws: nobody knows then what was done
 */
export async function act(session: HostSession, { name, script, shown, timeout = 60 }: Act): Promise<string[]> {
  const { host, emit, mask } = session
  const key = `switchover:${name}`
  emit({ type: 'step-started', host, key, action: 'run' })
  const began = performance.now()
  const finished = (ok: boolean) => emit({ type: 'step-finished', host, key, ok, ms: performance.now() - began })
  try {
    const answer = await deed(session, { script, shown, purpose: key, timeout })
    if (answer === undefined)
      throw new ProvisionError(`${name}: the host gave no answer`, { code: 'unreachable', host })
    const { status, lines } = answer
    for (const line of lines.filter((one) => !one.startsWith('@')))
      emit({ type: 'output', host, key, line: mask(line) })
    if (status !== 0) {
      const log = lines.map((line) => mask(line))
      const why = log.at(-1) ?? (status === 124 ? `took longer than ${timeout} s` : `status ${status}`)
      throw new ProvisionError(`${name}: ${why}`, { code: 'apply', host, resource: key, log })
    }
    finished(true)
    return [...lines]
  } catch (error) {
    finished(false)
    throw error
  }
}
