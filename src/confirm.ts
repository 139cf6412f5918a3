import { messageOf } from './errors.ts'

/**
 * Asks on the terminal: Enter goes on, anything else does not, and neither do Ctrl-C, Ctrl-D and the end of the run.
 * @returns undefined where there is no terminal, and so nobody to ask
 */
export function confirmer(yes: boolean, signal: AbortSignal): ((question: string) => Promise<boolean>) | undefined {
  if (yes) return async () => true
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined
  return async (question) => {
    const { createInterface } = await import('node:readline/promises')
    const lines = createInterface({ input: process.stdin, output: process.stderr })
    try {
      return (await lines.question(`${question} Enter: yes, n: no `, { signal })).trim() === ''
    } catch (error) {
      if (!(error instanceof Error && error.name === 'AbortError')) throw error
      process.stderr.write(`${messageOf(error).toLowerCase()}\n`)
      return false
    } finally {
      lines.close()
    }
  }
}
