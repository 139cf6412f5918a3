/** A question for a line of text; `check` says what is wrong with an answer, which is then asked for again. */
export type Ask = (message: string, standard: string, check?: (answer: string) => string | undefined) => Promise<string>

/** @returns undefined where nobody is to be asked, or there is no terminal */
export function createAsker(yes: boolean): Ask | undefined {
  if (yes || !process.stdin.isTTY || !process.stderr.isTTY) return undefined
  return async (message, standard, check = () => undefined) => {
    const { default: input } = await import('@inquirer/input')
    const validate = (answer: string): string | true => check(answer.trim()) ?? true
    const answer = await input(
      standard === '' ? { message, required: true, validate } : { message, default: standard, validate },
      { output: process.stderr },
    )
    return answer.trim()
  }
}
