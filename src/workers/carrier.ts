import type { Message } from './frames.ts'

/** Whoever is at the other end. */
export interface Hearer {
  /** What it says, in the order in which it was said. @throws Error when nobody could say that: the carrier ends */
  message(head: unknown, body: Buffer): void
  /** Nothing comes any more, and nothing arrives: told once, with the reason. */
  end(why: string): void
}

/**
 * What messages between a run and a worker go over. It keeps them whole and in order; what they mean is not its matter.
 */
export interface Carrier {
  send(message: Message): void
  /** Begins to hear. */
  hear(hearer: Hearer): void
  /** Ends it. @returns when the other end is gone */
  end(): Promise<void>
  /** Ends it at once, as if the other end had: whoever hears it is told why. */
  cut(why: string): void
}
