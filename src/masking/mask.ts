import { createMasker } from './masker.ts'
import { withoutPublicBlocks } from './public-blocks.ts'
import { secretsIn } from './secret.ts'

/** The secrets that a run has come to know, and what keeps them out of everything that leaves it. */
export interface Mask {
  /** Learns every secret in some plain data, all of it: what encrypted files hold, passwords. */
  learn(data: unknown): void
  /**
   * Learns every secret that a schema or a role calls one, but for the certificates and public keys in it: the same stand
   * in the open elsewhere (docs/decisions/0044). Those that were learned as a whole stay hidden.
   */
  learnDeclared(data: unknown): void
  text(text: string): string
}

export function createMask(): Mask {
  const masker = createMasker()
  const tried = new Set<string>()
  return {
    learn(data) {
      for (const value of secretsIn(data)) masker.learn(value)
    },
    learnDeclared(data) {
      for (const value of secretsIn(data)) {
        if (tried.has(value)) continue
        tried.add(value)
        for (const piece of withoutPublicBlocks(value)) masker.learn(piece)
      }
    },
    text: masker.mask,
  }
}
