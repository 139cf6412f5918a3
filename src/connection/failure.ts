import { type ErrorCode, type ErrorFacts, ProvisionError } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'

type More = Partial<Omit<ErrorFacts, 'code' | 'host'>>

/** A failure of this host's transport. */
export function failure(host: Target, code: ErrorCode, message: string, more: More = {}): ProvisionError {
  return new ProvisionError(message, { ...more, code, host: host.name, origin: host.origin })
}

/** The errno-like code of a system error, e.g. `ECONNREFUSED`. */
export function errno(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** `user@address:port`, for messages. */
export function place(host: Target): string {
  const { user, port } = host.connection
  return `${user}@${host.address.includes(':') ? `[${host.address}]` : host.address}:${port}`
}
