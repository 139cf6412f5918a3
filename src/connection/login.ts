import { ProvisionError } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import type { LoginMemory } from './login-memory.ts'
import type { LoginPassword, PasswordVerdict } from './login-password.ts'
import type { Offering, Offers, Refusal } from './offers.ts'
import { refusedLogin } from './refused-login.ts'

/** sshd (9.8 on) turns a client away for a while that failed more often in a row. */
const MAX_CONNECTIONS = 3

export interface LoginMeans<Opened> {
  readonly host: Target
  readonly offering: Offering
  readonly memory: LoginMemory
  readonly password: LoginPassword | undefined
  /** Makes one connection. @throws ProvisionError where it does not get as far as a refusal */
  open(offers: Offers): Promise<Opened | Refusal>
}

/**
 * Logs in, on a further connection where the server took no more keys on the one before. The password comes last, on a
 * connection of its own, so that no key uses up its tries.
 * @throws ProvisionError auth, with all that was offered; and what `open` throws
 */
export async function logIn<Opened extends object>(means: LoginMeans<Opened>): Promise<Opened> {
  const { host, offering, memory, password } = means
  let end: Refusal = 'refused'
  let refusedBy: string | undefined

  const connect = async (offers: Offers): Promise<Opened | undefined> => {
    const outcome = await means.open(offers)
    if (typeof outcome === 'object') {
      const by = offers.last()
      if (by !== undefined) memory.worked(host, by)
      return outcome
    }
    end = outcome
    if (outcome === 'unsigned') offering.unsigned()
    return undefined
  }

  const withKeys = async (connections: number): Promise<Opened | undefined> => {
    const opened = await connect(offering.keys())
    if (opened !== undefined || connections === 1 || !offering.takesKeys()) return opened
    return withKeys(connections - 1)
  }

  const withPassword = async (): Promise<Opened | undefined> => {
    const worked = memory.byPassword(host)
    let opened: Opened | undefined
    refusedBy = await password?.attempt(host.name, async (text): Promise<PasswordVerdict> => {
      const offers = offering.password(text)
      opened = await connect(offers)
      if (opened !== undefined) return offers.last() === 'password' ? 'accepted' : 'not asked for'
      // Where it has worked before, something else has changed.
      return offering.offered().password === 'offered' && !worked ? 'refused' : 'not asked for'
    })
    return opened
  }

  const attempt = async (): Promise<Opened | undefined> => {
    if (password === undefined) return withKeys(MAX_CONNECTIONS)
    if (memory.byPassword(host)) return (await withPassword()) ?? withKeys(MAX_CONNECTIONS - 1)
    return (await withKeys(MAX_CONNECTIONS - 1)) ?? (offering.takesPassword() ? withPassword() : undefined)
  }
  const refusal = (cut?: ProvisionError) =>
    refusedLogin(host, { ...offering.offered(), end, refusedBy, given: password !== undefined, cut })

  try {
    const opened = await attempt()
    if (opened !== undefined) return opened
  } catch (error) {
    // What the first connection showed says more than that a further one was cut.
    const isTold = error instanceof ProvisionError && error.code === 'unreachable' && offering.offered().keys.length > 0
    throw isTold ? refusal(error) : error
  }
  throw refusal()
}
