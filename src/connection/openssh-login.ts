import { ProvisionError } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import { reveal } from '../masking/secret.ts'
import { openAskpass } from './askpass.ts'
import { failure, place } from './failure.ts'
import type { LoginPassword, PasswordVerdict } from './login-password.ts'
import type { MayAsk } from './openssh-arguments.ts'
import { NO_KEYS, type UnlockedKeys } from './unlock.ts'

/** What the ssh program may be told when it asks. */
export interface OpenSshLogin {
  readonly loginPassword?: LoginPassword | undefined
  readonly keys?: UnlockedKeys | undefined
}

/**
 * Logs in with keys, and with the password where the host takes none of them: each a login of its own, as in the built-in
 * transport.
 * @param dir of this login alone
 * @param login one try, with what ssh finds in its environment
 */
export async function logIn<T>(
  host: Target,
  dir: string,
  { loginPassword, keys = NO_KEYS }: OpenSshLogin,
  login: (env: NodeJS.ProcessEnv, mayAsk: MayAsk) => Promise<T>,
): Promise<T> {
  const passphrases = new Map([...keys].map(([path, { passphrase }]) => [shortened(path), passphrase]))
  if (loginPassword === undefined && passphrases.size === 0) return login({}, undefined)
  let password: string | undefined
  let isAsked = false
  const askpass = await openAskpass(dir, (question) => {
    const passphrase = passphrases.get(keyOf(question) ?? '')
    if (passphrase !== undefined) return reveal(passphrase)
    if (password === undefined || !isOfHost(question, host)) return undefined
    isAsked = true
    return password
  })
  try {
    try {
      return await login(askpass.env, 'passphrase')
    } catch (error) {
      if (loginPassword === undefined || !isRefusal(error)) throw error
    }
    let outcome: { readonly opened: T } | { readonly error: unknown } | undefined
    const refusedBy = await loginPassword.attempt(host.name, async (text): Promise<PasswordVerdict> => {
      password = text
      outcome = await login(askpass.env, 'password').then(
        (opened) => ({ opened }),
        (error: unknown) => ({ error }),
      )
      if ('opened' in outcome) return isAsked ? 'accepted' : 'not asked for'
      return isAsked && isRefusal(outcome.error) ? 'refused' : 'not asked for'
    })
    if (outcome === undefined) throw notTried(host, refusedBy)
    if ('error' in outcome) throw outcome.error
    return outcome.opened
  } finally {
    await askpass.close()
  }
}

const isRefusal = (error: unknown): boolean => error instanceof ProvisionError && error.code === 'auth'

/** As ssh prints a path in its question. */
const shortened = (path: string): string => path.slice(0, 100)

const keyOf = (question: string): string | undefined => /^Enter passphrase for key '(.*)': $/.exec(question)?.[1]

/** `deploy@web1's password: `, `(deploy@web1) Password: `: a jump host on the way must not be told this host's password. */
function isOfHost(question: string, { address, connection }: Target): boolean {
  const [, place] = /^([^\s']+@[^\s']+)'s password: $/.exec(question) ?? /^\((\S+@\S+)\) /.exec(question) ?? []
  const at = place?.lastIndexOf('@') ?? -1
  if (place === undefined || at < 0) return false
  const { alias, hostKeyAlias, user, leftToSsh = [] } = connection
  const names = [address, alias, hostKeyAlias].map((name) => name?.toLowerCase())
  const isUser = leftToSsh.includes('user') || user.startsWith(place.slice(0, at))
  return isUser && names.includes(place.slice(at + 1).toLowerCase())
}

const notTried = (host: Target, refusedBy: string | undefined): ProvisionError =>
  failure(
    host,
    'auth',
    `ssh to ${place(host)}: no key is accepted, and the password was not tried: ${refusedBy} refused it`,
    {
      hint: 'Each host is shown a password once at most, and none after the first that refuses it: run again with the right one.',
    },
  )
