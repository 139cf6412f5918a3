import { joinScripts, rawScript, type Script } from '../shell/script.ts'
import { apart } from './apart.ts'
import type { HostSession } from './session.ts'

export interface Deed {
  /** Ends with the first command that fails. */
  readonly script: Script
  /** What is shown of it, when it holds secrets. */
  readonly shown?: Script | undefined
  readonly purpose?: string | undefined
  /** Seconds. */
  readonly timeout: number
}

export interface DeedResult {
  readonly status: number
  /** What it printed on either output, as it was: with whatever secrets are in it. */
  readonly lines: readonly string[]
}

/**
 * One script that is no change under the lock: what it printed, and how it ended.
 * @returns undefined when the host gave no answer
 * @throws as {@link HostSession.ask}
 */
export async function deed(
  session: HostSession,
  { script, shown, purpose, timeout }: Deed,
): Promise<DeedResult | undefined> {
  const whole = (body: Script) => [{ id: 'step', script: joinScripts([rawScript('exec 2>&1; set -e'), body]), timeout }]
  const questions = apart(whole(script), shown && (() => whole(shown)))
  const { answers } = await session.ask({ ...questions, purpose })
  const answer = answers.get('step')
  if (answer === undefined) return undefined
  return { status: answer.status, lines: answer.body.split('\n').filter((line) => line.trim() !== '') }
}
