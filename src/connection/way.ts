import type { Duplex } from 'node:stream'
import type { ProvisionError } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import { dial } from './tcp.ts'

/** How a host's sshd is reached: from here, or over a jump host that is logged in. */
export interface Way {
  /** A stream of bytes to it. @throws ProvisionError dns, refused, timeout, unreachable */
  open(signal: AbortSignal): Promise<Duplex>
  /** Runs one login, when it has its turn among those over the same jump host. */
  turn<T>(login: () => Promise<T>): Promise<T>
  /** That the jump host is gone, where it is. */
  broken(): ProvisionError | undefined
  /** It is not needed any more. */
  leave(): void
}

export const directly = (host: Target): Way => ({
  open: (signal) => dial(host, signal),
  turn: (login) => login(),
  broken: () => undefined,
  leave() {},
})
