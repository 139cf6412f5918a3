import { Writable } from 'node:stream'
import xterm from '@xterm/headless'

/**
 * A terminal of that size: what is written to it, and what is on its screen then. Lines that went off it are there too;
 * those that are longer than it is wide are whole.
 */
export function emulator(columns: number, rows: number, convertEol = false) {
  const terminal = new xterm.Terminal({ cols: columns, rows, convertEol, allowProposedApi: true })
  let cursor = true
  for (const final of ['h', 'l'] as const) {
    terminal.parser.registerCsiHandler({ prefix: '?', final }, ([mode]) => {
      if (mode === 25) cursor = final === 'h'
      return false
    })
  }
  const screen = (): string => {
    const { active } = terminal.buffer
    let text = ''
    for (let row = 0; row < active.length; row++) {
      const line = active.getLine(row)
      const continues = active.getLine(row + 1)?.isWrapped ?? false
      text += `${line?.translateToString(!continues) ?? ''}${continues ? '' : '\n'}`
    }
    return text.replace(/\n+$/, '\n')
  }
  return {
    write: (text: string) => new Promise<void>((resolve) => terminal.write(text, resolve)),
    screen,
    cursorShown: () => cursor,
  }
}

/** A stream that a terminal of that size is at the end of, and each screen that it showed. */
export function fakeTerminal(columns: number, rows: number) {
  // No driver between that would make a carriage return of each newline.
  const { write, screen, cursorShown } = emulator(columns, rows, true)
  const frames: string[] = []
  const sink = new Writable({
    write(chunk, _encoding, done) {
      write(String(chunk)).then(() => {
        frames.push(screen())
        done()
      }, done)
    },
  })
  // A real one needs a terminal's file descriptor; renderers use no more of it than this.
  const out = Object.assign(sink, { isTTY: true, columns, rows }) as unknown as NodeJS.WriteStream
  return { out, screen, frames, cursorShown }
}
