import type { ProvisionError } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import { failure, place } from './failure.ts'
import type { Offered, Refusal } from './offers.ts'

export interface RefusedLogin extends Offered {
  readonly end: Refusal
  /** The host that refused the password before, so that it was not tried here. */
  readonly refusedBy: string | undefined
  /** There is a password for logins. */
  readonly given: boolean
  /** A further connection got no answer. */
  readonly cut?: ProvisionError | undefined
}

/** Why nobody was let in: what was offered, what was not, and what the server would take. */
export function refusedLogin(host: Target, login: RefusedLogin): ProvisionError {
  return failure(host, 'auth', `${place(host)} ${verdict(login)}${takes(login)}`, {
    hint: hint(host, login),
    log: [
      ...login.keys.map(({ label }) => `offered: ${label}`),
      ...(login.password === 'offered' ? ['offered: the password'] : []),
      ...login.left.map(({ label }) => `not offered: ${label}`),
      ...login.skipped.map((what) => `not used: ${what}`),
      ...(login.cut ? [`a further connection: ${login.cut.message}`] : []),
    ],
    cause: login.cut,
  })
}

const counted = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`

function verdict({ keys, left, end, password, question, refusedBy, cut }: RefusedLogin): string {
  if (question !== undefined) return `asks for more than a password ("${question}"), which provision can't answer`
  if (refusedBy !== undefined) {
    return `refuses the login: ${offered(keys.length)}, and the password was not tried, since ${refusedBy} refused it`
  }
  if (password === 'offered')
    return `refuses the login: ${keys.length > 0 ? `${offered(keys.length)}, and then ` : ''}the password`
  if (left.length > 0 && keys.length > 0) {
    const why = cut || end === 'closed' ? 'hung up' : 'takes no more keys (MaxAuthTries)'
    return `${why} after ${counted(keys.length, 'key')}, with ${left.length} left to offer`
  }
  return `refuses the login: ${offered(keys.length)}`
}

const offered = (keys: number): string => {
  if (keys === 0) return 'there was no key to offer'
  return keys === 1 ? 'it does not take the key offered' : `it takes none of the ${keys} keys offered`
}

const takes = ({ accepted }: RefusedLogin) =>
  accepted === undefined || accepted.length === 0 ? '' : `; the server accepts ${accepted.join(', ')}`

function hint(host: Target, { keys, left, password, question, refusedBy, given, accepted = [] }: RefusedLogin): string {
  const { user } = host.connection
  if (question !== undefined) return 'Log in once by hand and see to it, or use a key.'
  if (password === 'offered' || refusedBy !== undefined) {
    const root = user === 'root' ? ', and may root log in with one there (PermitRootLogin)' : ''
    return `Is it the password of ${user}${root}? It is tried once, and on no further host after one has refused it; --limit takes hosts with one password.`
  }
  if (keys.length > 0 && left.length > 0) {
    return 'Name the right one by identity_file (its public part will do where ssh-agent holds it): no other is offered then.'
  }
  const byPassword = accepted.some((method) => method === 'password' || method === 'keyboard-interactive')
  if (byPassword && !given) {
    return `Is one of these keys in authorized_keys of ${user}? For a host that has none of them yet: --ask-password.`
  }
  if (accepted.length > 0 && !accepted.includes('publickey') && !byPassword) {
    return 'None of these is for the built-in transport: set `transport: openssh` for this host.'
  }
  return keys.length > 0
    ? `Is one of these keys in authorized_keys of ${user}? \`ssh-add -l\` lists those of ssh-agent.`
    : 'Load a key into ssh-agent (`ssh-add`), or name one by identity_file.'
}
