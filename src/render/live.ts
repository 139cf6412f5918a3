import {
  DefaultRenderer,
  ListrDefaultRendererLogLevels as Level,
  Listr,
  ListrLogger,
  type ListrTaskWrapper,
  ProcessOutput,
} from 'listr2'
import { clip, type Line, line, paint, span, type Tone } from './format/line.ts'
import type { Row, RowState } from './row.ts'

/** Room for indentation and icons. */
const MARGIN = 8
/** What listr2 takes for a title and shows nothing of; an empty one would send the output to the screen's bottom. */
const HIDDEN = ' '

/** listr2's own renderer asks process.stdout whether it is a terminal; who chose the tree has asked already. */
class TreeRenderer extends DefaultRenderer {
  static override nonTTY = true
}
type Task = ListrTaskWrapper<unknown, typeof TreeRenderer, typeof TreeRenderer>

export interface LiveList {
  readonly head: Row
  /** Under the head; without any, the head alone is shown. */
  readonly rows: readonly Row[]
  /** Leave nothing on the screen at the end. */
  readonly transient: boolean
}

export interface Screen {
  readonly out: NodeJS.WriteStream
  readonly color: boolean
  readonly columns: number
}

/** Shows a list until its head and all its rows have ended. */
export async function showLive(list: LiveList, screen: Screen): Promise<void> {
  const rows = list.rows.map((row) => ({ title: HIDDEN, task: (_: unknown, task: Task) => shown(row, task, screen) }))
  const head = (task: Task) => {
    const ended = shown(list.head, task, screen)
    // The hidden row keeps the list open until the head ends, for it may change after the last row.
    const all = [...rows, { title: HIDDEN, task: () => ended }]
    return rows.length === 0 ? ended : task.newListr(all, { concurrent: true, exitOnError: false })
  }
  const listr = new Listr<unknown, typeof TreeRenderer, typeof TreeRenderer>(
    [{ title: HIDDEN, task: (_, task) => head(task) }],
    {
      exitOnError: false,
      // The run decides what a signal does; who shows the tree brings the cursor back.
      registerSignalListeners: false,
      renderer: TreeRenderer,
      fallbackRenderer: TreeRenderer,
      rendererOptions: {
        clearOutput: list.transient,
        collapseSubtasks: false,
        collapseErrors: false,
        showErrorMessage: false,
        showSkipMessage: false,
        formatOutput: 'truncate',
        icon: { [Level.WAITING]: ' ', [Level.OUTPUT]: '│', [Level.COMPLETED_WITH_FAILED_SUBTASKS]: '✖' },
        color: iconColors(screen.color),
        logger: new ListrLogger({
          useIcons: true,
          toStderr: [],
          processOutput: new ProcessOutput(screen.out, screen.out),
        }),
      },
    },
  )
  await listr.run()
}

/** The row as a task of listr2: resolves or rejects when the row ends. */
const shown = (row: Row, task: Task, { color, columns }: Screen): Promise<void> => {
  const text = (of: Line) => (of.length === 0 ? HIDDEN : paint(clip(of, columns - MARGIN), color))
  return new Promise((resolve, reject) => {
    row.watch((now: RowState) => {
      task.title = text(now.title)
      // What listr2 gets as output it keeps; a blank takes its place.
      if (now.state === 'active') task.output = text(now.output ?? [])
      if (now.state === 'skipped') task.skip()
      if (now.state === 'failed') reject(new Error('failed'))
      else if (now.state !== 'active') resolve()
    })
  })
}

/** Colours as the options have them: listr2's own would go by the environment. */
const iconColors = (color: boolean) => {
  const as = (tone: Tone) => (text?: string) => paint(line(span(tone, text ?? '')), color)
  return {
    [Level.PENDING]: as('run'),
    [Level.COMPLETED]: as('good'),
    [Level.COMPLETED_WITH_FAILED_SUBTASKS]: as('bad'),
    [Level.FAILED]: as('bad'),
    [Level.FAILED_WITH_FAILED_SUBTASKS]: as('bad'),
    [Level.SKIPPED_WITH_COLLAPSE]: as('warn'),
    [Level.SKIPPED_WITHOUT_COLLAPSE]: as('warn'),
    [Level.OUTPUT]: as('dim'),
    [Level.WAITING]: as('dim'),
  }
}
