import { createHash } from 'node:crypto'
import { excerpt } from '../../shell/excerpt.ts'

/** Where a long line is cut, a secret of so many characters could stand in half. */
const SECRET = 8 * 1024
const LONG = ' [… the rest of a long line …]'

/** What a command printed, in bounded memory. */
export interface Heard {
  readonly lines: number
  /** Of all of it, masked: equal outputs have equal ones. */
  readonly digest: string
  /** The first and the last of it, where it is long. */
  readonly output: string
}

/** Counts and keeps what comes; a line without end is told from its beginning. */
export function hearing(mask: (text: string) => string, onLine: (line: string) => void) {
  const hash = createHash('sha256')
  const kept = excerpt()
  let lines = 0
  let inLine = false
  const tell = (text: string) => {
    lines += 1
    kept.push(`${text}\n`)
    onLine(text)
  }
  return {
    part(text: string): void {
      hash.update(mask(text))
      if (!inLine) tell(`${mask(text).slice(0, -SECRET)}${LONG}`)
      inLine = true
    },
    line(text: string): void {
      const masked = mask(text)
      hash.update(`${masked}\n`)
      if (!inLine) tell(masked)
      inLine = false
    },
    all: (): Heard => ({ lines, digest: hash.copy().digest('hex'), output: kept.text() }),
  }
}
