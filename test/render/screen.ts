import { Writable } from 'node:stream'

const ESC = '\u001b'
/** An escape sequence, a newline, or text up to one of them. */
const TOKENS = new RegExp(`${ESC}\\[[\\d;?]*[A-Za-z]|\\n|[^${ESC}\\n]+|${ESC}`, 'g')

/** A terminal for tests: keeps its screen as log-update's escapes (erase line, cursor up, to column 1) leave it. */
export function fakeTerminal(columns: number, rows: number) {
  const lines: string[] = ['']
  let row = 0
  let cursor = true
  const put = (text: string) => {
    for (const [token] of text.matchAll(TOKENS)) {
      if (token === '\n') {
        row += 1
        lines[row] ??= ''
      } else if (token === '\u001b[2K') lines[row] = ''
      else if (token === '\u001b[1A') row -= 1
      else if (token === '\u001b[G') lines[row] ??= ''
      else if (token === '\u001b[?25l') cursor = false
      else if (token === '\u001b[?25h') cursor = true
      else if (token.startsWith('\u001b'))
        throw new Error(`an escape the test's terminal does not know: ${JSON.stringify(token)}`)
      else lines[row] += token
    }
  }
  const frames: string[] = []
  const sink = new Writable({
    write(chunk, _encoding, done) {
      put(String(chunk))
      frames.push(lines.join('\n'))
      done()
    },
  })
  // A real one needs a terminal's file descriptor; renderers use no more of it than this.
  const out = Object.assign(sink, { isTTY: true, columns, rows }) as unknown as NodeJS.WriteStream
  return { out, screen: () => lines.join('\n'), frames, cursorShown: () => cursor }
}
