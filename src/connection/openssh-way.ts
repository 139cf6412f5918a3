import { ProvisionError } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import { failure, place } from './failure.ts'
import { GIVEN_UP_MS, type Tell } from './jump-hosts.ts'
import { turns } from './turns.ts'

/** Logins of the ssh program over jump hosts: each asks the jump host anew, for no two of these programs share one. */
export type OpenSshWay = <T>(host: Target, login: () => Promise<T>) => Promise<T>

/** Limits how many are on their way over a jump host, tells once of one that fails, and gives it up for a while. */
export function opensshWay(tell: Tell): OpenSshWay {
  const turnsOf = turns()
  const warned = new Set<string>()
  const givenUp = new Map<string, { readonly why: ProvisionError; readonly until: number }>()
  return async (host, login) => {
    const { jumps = [] } = host.connection
    const [first] = jumps
    if (first === undefined) return login()
    const chain = jumps.map(place).join(' ')
    return turnsOf(place(first))(async () => {
      const known = givenUp.get(chain)
      if (known !== undefined && performance.now() < known.until) throw notReached(host, known.why)
      try {
        return await login()
      } catch (error) {
        const why = error instanceof ProvisionError ? error.cause : undefined
        if (!(why instanceof ProvisionError)) throw error
        // A connection that was dropped says nothing of the next one (sshd's MaxStartups).
        if (why.code !== 'unreachable') givenUp.set(chain, { why, until: performance.now() + GIVEN_UP_MS })
        const message = `jump host ${why.host}: ${why.message}`
        if (!warned.has(message)) tell(message, why.hint)
        warned.add(message)
        throw error
      }
    })
  }
}

/** That it is a jump host's matter. */
export const notReached = (host: Target, why: ProvisionError): ProvisionError =>
  failure(host, 'unreachable', `not reached because of its jump host ${why.host}`, { cause: why })
