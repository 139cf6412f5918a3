import { InputError, messageOf, type Problem, ProvisionError } from '../errors.ts'
import { exactPlace } from '../problems/place.ts'

/** Does the work of a command that asks no host, and sets the exit status: 0 done, 1 not, or what the work says. */
export async function finished(work: () => Promise<number | undefined>): Promise<void> {
  try {
    process.exitCode = (await work()) ?? 0
  } catch (error) {
    process.exitCode = 1
    for (const { message, origin, hint } of problemsOf(error)) {
      const place = origin === undefined ? '' : `${exactPlace(origin)}  `
      process.stderr.write(`${place}${message}\n${hint === undefined ? '' : `  → ${hint}\n`}`)
    }
  }
}

export const say = (line: string): void => void process.stdout.write(`${line}\n`)

function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof InputError) return error.problems
  if (error instanceof ProvisionError) return [{ message: error.message, origin: error.origin, hint: error.hint }]
  // A prompt that was left with Ctrl-C.
  if (error instanceof Error && error.name === 'ExitPromptError') return [{ message: 'nothing is written' }]
  return [{ message: messageOf(error) }]
}
