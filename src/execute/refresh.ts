import type { Connection } from '../connection/connection.ts'
import { ProvisionError } from '../errors.ts'
import { parseFrame, probeScript } from '../shell/frame.ts'
import type { Script } from '../shell/script.ts'

/** Seconds that it may take. */
const TIMEOUT = 600

/**
 * Brings what a host knows of newer versions up to date.
 * @throws ProvisionError when that failed: what it would do then is not what there is
 */
export async function refresh(
  host: string,
  connection: Connection,
  script: Script,
  nonce: string,
  signal?: AbortSignal,
): Promise<void> {
  const { sh } = probeScript(nonce, [{ id: 'refresh', script, timeout: TIMEOUT }])
  const { stdout } = await connection.exec(sh, { timeoutMs: TIMEOUT * 1000 + 10_000, ...(signal ? { signal } : {}) })
  const answer = parseFrame(nonce, stdout).get('refresh')
  if (answer?.status === 0) return
  const log = (answer?.body ?? '').split('\n').filter((line) => line !== '')
  throw new ProvisionError('the lists of packages could not be read anew', {
    code: 'probe',
    host,
    hint: log.some((line) => line.includes('has held the lock'))
      ? 'another apt is at work on the host: run again when it is done'
      : 'can the host reach its package repositories?',
    log,
  })
}
