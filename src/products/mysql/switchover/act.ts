import { ProvisionError } from '../../../errors.ts'
import type { LockSession } from '../../../execute/session.ts'
import { parseFrame, probeScript } from '../../../shell/frame.ts'
import { joinScripts, rawScript, type Script } from '../../../shell/script.ts'

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
export async function act(session: LockSession, { name, script, shown, timeout = 60 }: Act): Promise<string[]> {
  const { host, emit, nonce, mask, connection, signal } = session
  const key = `switchover:${name}`
  const mark = nonce()
  const framed = (body: Script): string =>
    probeScript(mark, [{ id: 'act', script: joinScripts([rawScript('exec 2>&1; set -e'), body]), timeout }]).sh
  if (session.showScripts) emit({ type: 'script', host, purpose: key, script: framed(shown ?? script) })
  emit({ type: 'step-started', host, key, action: 'run' })
  const began = performance.now()
  const finished = (ok: boolean) => emit({ type: 'step-finished', host, key, ok, ms: performance.now() - began })
  try {
    const { stdout } = await connection.exec(framed(script), {
      timeoutMs: (timeout + 10) * 1000,
      ...(signal ? { signal } : {}),
    })
    const answer = parseFrame(mark, stdout).get('act')
    const lines = (answer?.body ?? '').split('\n').filter((line) => line.trim() !== '')
    if (answer === undefined)
      throw new ProvisionError(`${name}: the host gave no answer`, { code: 'unreachable', host })
    for (const line of lines.filter((one) => !one.startsWith('@')))
      emit({ type: 'output', host, key, line: mask(line) })
    if (answer.status !== 0) {
      const log = lines.map((line) => mask(line))
      const why = log.at(-1) ?? (answer.status === 124 ? `took longer than ${timeout} s` : `status ${answer.status}`)
      throw new ProvisionError(`${name}: ${why}`, { code: 'apply', host, resource: key, log })
    }
    finished(true)
    return lines
  } catch (error) {
    finished(false)
    throw error
  }
}
