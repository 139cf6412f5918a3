import type { Target } from '../inventory/inventory.ts'
import type { Identities, Identity } from './identities.ts'

/** What let us in, here and elsewhere: it is offered first, for sshd takes a few tries only. */
export interface LoginMemory {
  /** The same keys, in the order in which to offer them. */
  ordered(host: Target, identities: Identities): Identities
  /** Whether it was the password that opened this host. */
  byPassword(host: Target): boolean
  worked(host: Target, by: Identity | 'password'): void
}

export function loginMemory(): LoginMemory {
  const here = new Map<string, string>()
  const withPassword = new Set<string>()
  /** The last one that worked anywhere is the last. */
  const anywhere = new Set<string>()
  return {
    ordered(host, identities) {
      const last = [...anywhere]
      const rank = ({ blob }: Identity) => (here.get(host.name) === blob ? last.length : last.indexOf(blob))
      return { ...identities, usable: identities.usable.toSorted((a, b) => rank(b) - rank(a)) }
    },
    byPassword: (host) => withPassword.has(host.name),
    worked(host, by) {
      if (by === 'password') {
        withPassword.add(host.name)
        return
      }
      withPassword.delete(host.name)
      here.set(host.name, by.blob)
      anywhere.delete(by.blob)
      anywhere.add(by.blob)
    },
  }
}
