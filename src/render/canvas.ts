import type { Size } from './live-frame.ts'

const UP = (lines: number): string => (lines > 0 ? `\u001b[${lines}A` : '')
const CLEAR_LINE = '\u001b[2K'
const CLEAR_DOWN = '\u001b[J'
/** What is wider than it looks is cut by the terminal, and does not move the lines below. */
const [NO_WRAP, WRAP] = ['\u001b[?7l', '\u001b[?7h']

export interface Canvas {
  /** Puts these lines in the place of the last ones; what is the same is not written again. */
  draw(lines: readonly string[]): void
  /** Takes them off the screen. */
  clear(): void
}

/**
 * The end of a terminal's screen, on which lines are drawn anew. The cursor is always in the line below them.
 * @param size of the terminal now
 * @param widthOf columns that a line takes
 */
export function createCanvas(
  write: (text: string) => void,
  size: () => Size,
  widthOf: (line: string) => number,
): Canvas {
  let last: readonly string[] = []
  let drawnFor: Size | undefined

  /** Where the first line is by now: a terminal that got narrower has broken the long ones. */
  const height = ({ columns, rows }: Size): number => {
    const isNarrower = drawnFor !== undefined && columns < drawnFor.columns
    const broken = (text: string): number => Math.max(1, Math.ceil(widthOf(text) / columns))
    return Math.min(isNarrower ? last.reduce((sum, text) => sum + broken(text), 0) : last.length, rows - 1)
  }

  return {
    draw(lines) {
      const now = size()
      const isResized = drawnFor !== undefined && (now.columns !== drawnFor.columns || now.rows !== drawnFor.rows)
      if (!isResized && lines.length === last.length && lines.every((text, i) => text === last[i])) return
      const start = `\r${UP(height(now))}${isResized ? CLEAR_DOWN : ''}`
      const kept = isResized ? [] : last
      const body = lines.map((text, i) => (text === kept[i] ? '\n' : `${CLEAR_LINE}${text}\n`)).join('')
      const rest = lines.length < kept.length ? CLEAR_DOWN : ''
      write(`${NO_WRAP}${start}${body}${rest}${WRAP}`)
      last = lines
      drawnFor = now
    },
    clear() {
      if (last.length > 0) write(`\r${UP(height(size()))}${CLEAR_DOWN}`)
      last = []
    },
  }
}
