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
  /** What can be seen: as many lines as it is high. */
  const visible = (): string[] => {
    const { active } = terminal.buffer
    return Array.from(
      { length: terminal.rows },
      (_, i) => active.getLine(active.baseY + i)?.translateToString(true) ?? '',
    )
  }
  return {
    visible,
    /** Lines that have gone off it at the top. */
    gone: () => terminal.buffer.active.baseY,
    resize: (width: number, height: number) => terminal.resize(width, height),
    write: (text: string) => new Promise<void>((resolve) => terminal.write(text, resolve)),
    screen,
    cursorShown: () => cursor,
  }
}

/** A stream that a terminal of that size is at the end of, each screen that it showed, and what came of it. */
export function fakeTerminal(
  columns: number,
  rows: number,
  { keepFrames = true }: { readonly keepFrames?: boolean | 'visible' } = {},
) {
  // No driver between that would make a carriage return of each newline.
  const { write, screen, cursorShown, visible, gone, resize } = emulator(columns, rows, true)
  const frames: string[] = []
  const written = { writes: 0, bytes: 0 }
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (chunk.length > 0) written.writes += 1
      written.bytes += chunk.length
      write(String(chunk)).then(() => {
        if (keepFrames) frames.push(keepFrames === 'visible' ? visible().join('\n') : screen())
        done()
      }, done)
    },
  })
  // A real one needs a terminal's file descriptor; renderers use no more of it than this.
  const out = Object.assign(sink, { isTTY: true, columns, rows }) as unknown as NodeJS.WriteStream
  // As it is now: who draws may put something in its place.
  const direct = sink.write.bind(sink)
  return {
    /** Resolves when all that was written is on the screen. */
    settled: () => new Promise<void>((resolve) => void direct('', () => resolve())),
    ...{ out, screen, frames, cursorShown, visible, gone, written },
    resize(width: number, height: number) {
      resize(width, height)
      Object.assign(out, { columns: width, rows: height })
      out.emit('resize')
    },
  }
}
