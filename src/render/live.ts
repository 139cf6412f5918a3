import { stripVTControlCharacters } from 'node:util'
import { figures, Listr, type ListrRenderer, ProcessOutput, Spinner } from 'listr2'
import { createCanvas } from './canvas.ts'
import { type Line, paint } from './format/line.ts'
import { frameOf, type Icons, type Size, wholeOf } from './live-frame.ts'
import type { LiveList } from './live-view.ts'

/** Milliseconds between two looks at the list: however much happens, the screen is drawn no more often. */
export const FRAME_MS = 100
/** Of a terminal that does not tell its height. */
const ROWS = 24

export interface Screen {
  readonly out: NodeJS.WriteStream
  readonly color: boolean
  /** Of a terminal that does not tell its width. */
  readonly columns: number
  /** Nothing is drawn as long as it says so. */
  readonly isHeld: () => boolean
}

/** Shows a list until it has ended. */
export async function showLive(list: LiveList, screen: Screen): Promise<void> {
  const { begin, end } = drawing(list, screen)
  // listr2's own draws all of its tasks at each change of one, and what is too high for the screen from its bottom up.
  class LiveRenderer implements ListrRenderer {
    static nonTTY = true
    static rendererOptions: never
    static rendererTaskOptions: never
    readonly render = begin
    readonly end = end
  }
  const listr = new Listr<unknown, typeof LiveRenderer, typeof LiveRenderer>([{ task: () => list.ended }], {
    // The run decides what a signal does; who shows the tree brings the cursor back.
    registerSignalListeners: false,
    renderer: LiveRenderer,
    fallbackRenderer: LiveRenderer,
  })
  await listr.run()
}

/** The list on the end of a terminal's screen, as high and wide as that is at the moment. */
function drawing(list: LiveList, { out, color, columns, isHeld }: Screen) {
  const spinner = new Spinner()
  // Puts off what others write to it meanwhile, and hides the cursor.
  const terminal = new ProcessOutput(out, out)
  const write = (text: string) => void terminal.toStdout(text, false)
  const size = (): Size => ({ columns: out.columns || columns, rows: out.rows || ROWS })
  const canvas = createCanvas(write, size, (text) => stripVTControlCharacters(text).length)
  const painted = (lines: readonly Line[]) => lines.map((one) => paint(one, color))
  const draw = () => {
    if (!isHeld()) canvas.draw(painted(frameOf(list.view(), size(), iconsWith(spinner.fetch()))))
  }
  return {
    begin() {
      terminal.hijack()
      draw()
      spinner.start(draw, FRAME_MS)
      out.on('resize', draw)
    },
    end() {
      spinner.stop()
      out.off('resize', draw)
      canvas.clear()
      const final = list.final()
      if (final) write(`${painted(wholeOf(final, size().columns, iconsWith(''))).join('\n')}\n`)
      terminal.release()
    },
  }
}

const iconsWith = (head: string): Icons => ({
  ...{ head, output: '│', active: figures.pointer },
  ...{ done: figures.tick, failed: figures.cross, skipped: figures.arrowDown },
})
