import { clearScreenDown, moveCursor } from 'node:readline'
import { messageOf } from '../errors.ts'

export interface Asking {
  /** What a bare Enter means; default: yes. */
  readonly enter?: boolean
  /** Resolves when what the question is about is on the screen. */
  readonly ready?: () => Promise<void>
}

/**
 * Asks on the terminal: y and yes go on, mostly Enter too; n, no, Ctrl-C, Ctrl-D and the end of the run do not; anything
 * else is asked again.
 * @param hold of a screen that draws lines above the question anew: they stay as they are while it is asked, and it is taken off
 *   the screen then
 * @returns undefined where there is no terminal, and so nobody to ask
 */
export function confirmer(
  yes: boolean,
  signal: AbortSignal,
  hold: (() => () => void) | undefined,
  { enter = true, ready }: Asking = {},
): ((question: string) => Promise<boolean>) | undefined {
  if (yes) return async () => true
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined
  return async (question) => {
    const { createInterface } = await import('node:readline/promises')
    const lines = createInterface({ input: process.stdin, output: process.stderr })
    await ready?.()
    const goOn = hold?.()
    const prompt = `${question} [${enter ? 'Y/n' : 'y/N'}] `
    try {
      for (;;) {
        const answer = await lines.question(prompt, { signal })
        if (goOn) takeBack(prompt + answer)
        const meant = meaningOf(answer, enter)
        if (meant !== undefined) return meant
      }
    } catch (error) {
      if (!(error instanceof Error && error.name === 'AbortError')) throw error
      const why = messageOf(error).toLowerCase()
      process.stderr.write(`${why}\n`)
      if (goOn) takeBack(prompt + why)
      return false
    } finally {
      lines.close()
      goOn?.()
    }
  }
}

/** Enter, y and yes; n and no; undefined: neither, so that a slip is asked about once more. */
export function meaningOf(answer: string, enter = true): boolean | undefined {
  const word = answer.trim().toLowerCase()
  if (word === '') return enter
  if (['y', 'yes'].includes(word)) return true
  return ['n', 'no'].includes(word) ? false : undefined
}

/** Lines above are found by counting up from where the cursor was before the question: there it is again. */
function takeBack(text: string): void {
  moveCursor(process.stderr, 0, -Math.floor(text.length / process.stderr.columns) - 1)
  clearScreenDown(process.stderr)
}
