import { messageOf, ProvisionError } from '../errors.ts'

/** Why a host could not be asked, as data. */
export interface Trouble {
  readonly code: string
  readonly message: string
  readonly hint?: string | undefined
  /** What the host said last. */
  readonly log: readonly string[]
}

/** Anything thrown while a host was spoken to. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof ProvisionError) {
    const { code, message, hint, log } = error
    return { code, message, hint, log }
  }
  const stack = error instanceof Error && error.stack ? error.stack.split('\n').slice(1, 6) : []
  return {
    code: 'internal',
    message: messageOf(error),
    hint: 'this is a fault of provision itself: please report it',
    log: stack.map((line) => line.trim()),
  }
}
