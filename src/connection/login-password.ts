import pLimit from 'p-limit'
import { reveal, type Secret } from '../masking/secret.ts'

/** What came of a login with the password. */
export type PasswordVerdict = 'accepted' | 'refused' | 'not asked for'

/**
 * The password that a run was given for its logins. Each host is shown it once at most. Until it has opened one, hosts
 * try it one after the other, and once one has refused it no further host is shown it: a wrong one must not lock the
 * accounts of a whole fleet.
 */
export interface LoginPassword {
  /**
   * Carries out a login with it, when its turn has come.
   * @returns the host that refused it before; undefined: the login was carried out, whatever came of it
   */
  attempt(host: string, login: (password: string) => Promise<PasswordVerdict>): Promise<string | undefined>
}

export function loginPassword(password: Secret): LoginPassword {
  const text = reveal(password)
  const oneByOne = pLimit(1)
  let isGood = false
  let refusedBy: string | undefined
  return {
    async attempt(host, login) {
      const inTurn = async () => {
        if (refusedBy !== undefined) return refusedBy
        const verdict = await login(text)
        if (verdict === 'accepted') isGood = true
        if (verdict === 'refused') refusedBy ??= host
        return undefined
      }
      return isGood ? inTurn() : oneByOne(inTurn)
    },
  }
}
