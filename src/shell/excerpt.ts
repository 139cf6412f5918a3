/** The first and the last of a text that may have no end, in bounded memory. */
export interface Excerpt {
  push(text: string): void
  /** All of it where it is short; else its two ends with a line between them that says how much is missing. */
  text(): string
  /** Its first and last lines, for people. @param mask is given whole lines, so that no secret is cut in two before */
  lines(mask?: (text: string) => string): string[]
}

/** Characters kept of each end: room for a login's banner and for what a failing program says last. */
const END = 32 * 1024
/** Lines shown of each end, and characters of a line. */
const LINES = 6
const LINE = 500
/** Where a text was cut, half a secret of up to this length may stand, which no masker knows: it is not shown. */
const SECRET = 8 * 1024

export function excerpt(): Excerpt {
  let length = 0
  let head = ''
  let tail: string[] = []
  let tailLength = 0

  const pushTail = (text: string) => {
    tail.push(text.length > END ? text.slice(-END) : text)
    tailLength += tail.at(-1)?.length ?? 0
    // Joined now and then only: a host may send its output byte by byte.
    if (tailLength <= 2 * END) return
    tail = [tail.join('').slice(-END)]
    tailLength = END
  }
  const last = () => tail.join('').slice(-END)
  const missing = () => length - head.length - Math.min(tailLength, END)

  return {
    push(text) {
      length += text.length
      const room = END - head.length
      if (room > 0) head += text.slice(0, room)
      if (text.length > room) pushTail(text.slice(room))
    },
    text: () => (missing() === 0 ? head + last() : `${head}\n${leftOut(missing())}\n${last()}`),
    lines(mask = (text) => text) {
      if (missing() === 0) return shown(mask(head + last()).split('\n'))
      return [...firstLines(head, mask), leftOut(missing()), ...lastLines(last(), mask)]
    },
  }
}

const leftOut = (characters: number) => `[… ${characters.toLocaleString('en')} characters left out …]`

const isSaid = (line: string) => line.trim() !== ''
const clipped = (line: string) => (line.length > LINE ? `${line.slice(0, LINE)} …` : line)

const shown = (lines: readonly string[]): string[] => {
  const printed = lines.filter(isSaid).map(clipped)
  if (printed.length <= 2 * LINES) return printed
  const count = printed.length - 2 * LINES
  return [...printed.slice(0, LINES), `[… ${count} lines left out …]`, ...printed.slice(-LINES)]
}

function firstLines(head: string, mask: (text: string) => string): string[] {
  const end = head.lastIndexOf('\n')
  if (end !== -1) return mask(head.slice(0, end)).split('\n').filter(isSaid).slice(0, LINES).map(clipped)
  const safe = mask(head).slice(0, -SECRET)
  return safe === '' ? [] : [`${safe.slice(0, LINE)} …`]
}

/** Without the line whose beginning is missing, and without one that was not ended: it was cut there. */
function lastLines(tail: string, mask: (text: string) => string): string[] {
  const [begin, end] = [tail.indexOf('\n'), tail.lastIndexOf('\n')]
  if (begin < end)
    return mask(tail.slice(begin + 1, end))
      .split('\n')
      .filter(isSaid)
      .slice(-LINES)
      .map(clipped)
  const safe = mask(tail).slice(SECRET, -SECRET)
  return safe === '' ? [] : [`… ${safe.slice(-LINE)}`]
}
