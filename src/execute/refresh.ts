import { ProvisionError } from '../errors.ts'
import { apart } from '../host/apart.ts'
import type { HostSession } from '../host/session.ts'
import type { Script } from '../shell/script.ts'

/** Seconds that it may take. */
const TIMEOUT = 600

/**
 * Brings what a host knows of newer versions up to date.
 * @throws ProvisionError when that failed: what it would do then is not what there is
 */
export async function refresh(session: HostSession, script: Script): Promise<void> {
  const questions = [{ id: 'refresh', script, timeout: TIMEOUT }]
  const { answers } = await session.ask({ ...apart(questions), purpose: 'refresh' })
  const answer = answers.get('refresh')
  if (answer?.status === 0) return
  const log = session
    .mask(answer?.body ?? '')
    .split('\n')
    .filter((line) => line !== '')
  throw new ProvisionError('the lists of packages could not be read anew', {
    code: 'probe',
    host: session.host,
    hint: log.some((line) => line.includes('has held the lock'))
      ? 'another apt is at work on the host: run again when it is done'
      : 'can the host reach its package repositories?',
    log,
  })
}
