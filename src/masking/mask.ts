import { createMasker } from './masker.ts'
import { secretsIn } from './secret.ts'

/** The secrets that a run has come to know, and what keeps them out of everything that leaves it. */
export interface Mask {
  /** Learns every secret in some plain data. */
  learn(data: unknown): void
  text(text: string): string
}

export function createMask(): Mask {
  const masker = createMasker()
  return {
    learn(data) {
      for (const value of secretsIn(data)) masker.learn(value)
    },
    text: masker.mask,
  }
}
