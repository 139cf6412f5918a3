import { type Fragment, probeScript } from '../shell/frame.ts'
import type { Ask } from './session.ts'

/** Seconds beyond the limits of all questions. */
const GRACE = 10

/**
 * Questions that are each a process of its own, with its own time limit.
 * @param shown what is shown in their place, where they hold secrets
 */
export function apart(
  questions: readonly Fragment[],
  shown?: () => readonly Fragment[],
): Pick<Ask, 'script' | 'shown' | 'timeoutMs'> {
  return {
    script: (nonce, path) => probeScript(nonce, questions, path),
    shown: shown && ((nonce, path) => probeScript(nonce, shown(), path)),
    timeoutMs: (questions.reduce((sum, { timeout }) => sum + timeout, 0) + GRACE) * 1000,
  }
}
