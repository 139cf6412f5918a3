import { createInterface } from 'node:readline'
import type { AskPassphrase } from '../connection/unlock.ts'
import { InputError } from '../errors.ts'
import { reveal, type Secret, secret } from '../masking/secret.ts'
import type { HostFlags } from './host-options.ts'

export interface Passwords {
  readonly loginPassword: Secret | undefined
  readonly becomePassword: Secret | undefined
}

/** The passwords that a run was told to ask for: hidden at a terminal, else one line each of what is piped in. */
export async function passwordsOf(
  { askPassword = false, askBecomePassword = false }: Partial<Pick<HostFlags, 'askPassword' | 'askBecomePassword'>>,
  env: NodeJS.ProcessEnv,
  input: NodeJS.ReadableStream & { readonly isTTY?: boolean } = process.stdin,
): Promise<Passwords> {
  const given = env.PROVISION_BECOME_PASSWORD
  // What this process starts must not inherit it.
  delete env.PROVISION_BECOME_PASSWORD
  const wanted = [
    ...(askPassword ? [{ option: '--ask-password', message: 'SSH password:' }] : []),
    ...(askBecomePassword
      ? [{ option: '--ask-become-password', message: `sudo password${askPassword ? ' (Enter: the same)' : ''}:` }]
      : []),
  ]
  const answers = wanted.length === 0 ? [] : input.isTTY ? await typed(wanted) : await piped(wanted, input)
  const loginPassword = askPassword ? answers.shift() : undefined
  const own = askBecomePassword ? answers.shift() : undefined
  if (loginPassword !== undefined && reveal(loginPassword) === '') throw nothing('--ask-password')
  const same = own !== undefined && reveal(own) === '' ? loginPassword : own
  return { loginPassword, becomePassword: askBecomePassword ? same : given ? secret(given) : undefined }
}

interface Wanted {
  readonly option: string
  readonly message: string
}

async function typed(wanted: readonly Wanted[]): Promise<Secret[]> {
  const { default: password } = await import('@inquirer/password')
  const answers: Secret[] = []
  for (const { message } of wanted) answers.push(secret(await password({ message }, { output: process.stderr })))
  return answers
}

async function piped(wanted: readonly Wanted[], input: NodeJS.ReadableStream): Promise<Secret[]> {
  const answers: Secret[] = []
  for await (const line of createInterface({ input })) {
    if (answers.push(secret(line)) === wanted.length) break
  }
  const missing = wanted[answers.length]
  if (missing !== undefined) throw nothing(missing.option)
  return answers
}

const nothing = (option: string): InputError =>
  new InputError([
    {
      message: `${option}: no password came in`,
      hint: 'type it at a terminal, or pipe it in, one line for each password that is asked for',
    },
  ])

/** Asks for passphrases of keys; undefined where there is no terminal, and so nobody to ask. */
export function passphraseAsker(): AskPassphrase | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined
  return async (path, again) => {
    const { default: password } = await import('@inquirer/password')
    const message = `${again ? 'that is not it; ' : ''}passphrase of ${path} (Enter: go on without this key):`
    const answer = await password({ message }, { output: process.stderr })
    return answer === '' ? undefined : secret(answer)
  }
}
