import { InputError } from '../errors.ts'
import { type Secret, secret } from '../masking/secret.ts'

/** A value for a var: from a hidden prompt, or all of what is piped in but for its last newline. */
export async function askValue(name: string): Promise<Secret> {
  if (!process.stdin.isTTY) return secret(withoutNewline(await piped()))
  const { default: password } = await import('@inquirer/password')
  const value = await password({ message: `${name}:` }, { output: process.stderr })
  const repeated = await password({ message: 'again:' }, { output: process.stderr })
  if (value === repeated) return secret(value)
  throw new InputError([{ message: 'the two are not the same: nothing is written' }])
}

async function piped(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk))
  if (chunks.length > 0) return Buffer.concat(chunks).toString('utf8')
  throw new InputError([{ message: 'nothing came in: type the value at a terminal, or pipe it in' }])
}

const withoutNewline = (text: string): string => text.replace(/\r?\n$/, '')

/** Whether to open the editor again. Without a terminal nobody can answer. */
export async function askAgain(problem: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false
  process.stderr.write(`${problem}\nPress Enter to edit it again, Ctrl-C to leave the file as it was. `)
  return new Promise((resolve) => {
    const done = (answer: boolean): void => {
      process.stdin.off('data', onData)
      process.off('SIGINT', onInterrupt)
      process.stdin.pause()
      resolve(answer)
    }
    const onData = (): void => done(true)
    const onInterrupt = (): void => done(false)
    process.stdin.on('data', onData)
    process.on('SIGINT', onInterrupt)
  })
}
