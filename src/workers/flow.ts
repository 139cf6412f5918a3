import type { Source } from '../connection/transport.ts'

/** Bytes of one stream that may be under way to who reads it. A probe's answer is shorter: it waits for nobody. */
export const WINDOW = 512 * 1024

/** The sending end of a stream: its sources are held while as much is under way as may be. */
export interface Outlet {
  /** So much was sent. */
  sent(bytes: number): void
  /** Who reads it has room for so much more. */
  granted(bytes: number): void
  readFrom(...sources: readonly Source[]): void
}

export function outlet(window: number = WINDOW): Outlet {
  let left = window
  let all: readonly Source[] = []
  return {
    sent(bytes) {
      const before = left
      left -= bytes
      if (before > 0 && left <= 0) for (const one of all) one.pause()
    },
    granted(bytes) {
      const before = left
      left += bytes
      if (before <= 0 && left > 0) for (const one of all) one.resume()
    },
    readFrom(...sources) {
      all = sources
    },
  }
}

/** The receiving end: room is granted in few messages. */
export function inlet(grant: (bytes: number) => void, window: number = WINDOW): { taken(bytes: number): void } {
  let owed = 0
  return {
    taken(bytes) {
      owed += bytes
      if (owed < window / 2) return
      grant(owed)
      owed = 0
    },
  }
}
