import { problemLines, warningLines } from '../format/failure.ts'
import { failureBlocks } from '../format/failures.ts'
import { type Line, paint } from '../format/line.ts'
import { reportBlocks, titleLine } from '../format/report.ts'
import { summaryLines } from '../format/summary.ts'
import { counted } from '../format/words.ts'
import type { CollectedRun } from './collect.ts'
import { xmlText } from './xml.ts'

/** What the comment of a pull request holds on the forge that is used most. */
export const COMMENT_LIMIT = 65_536

/** Kept free for what is said of what was cut. */
const RESERVE = 400

/** A headline over lines that are opened by who wants to see them. */
interface Block {
  readonly head: string
  readonly lines: readonly string[]
  readonly open?: boolean
}

export interface MarkdownOptions {
  readonly diff: boolean
  readonly full?: boolean
  readonly verbosity: number
  /** In characters. */
  readonly limit?: number
}

/**
 * A run as the comment of a pull request: grouped as on a terminal. Whatever hosts and templates say stands in fences that are
 * longer than any in it, or in code: none of it is markup, a mention or a link.
 */
export function markdownText(run: CollectedRun, options: MarkdownOptions): string {
  const { started, finished, results, plans, tiers, problems, warnings } = run
  const limit = options.limit ?? COMMENT_LIMIT
  const check = started?.check === true
  const title = started === undefined ? 'provision' : textOf(titleLine(started))
  const report = { hosts: started?.hosts ?? [], plans, results, tiers, failuresApart: true }
  const { overview, across, tiers: byTier } = reportBlocks(report, options)
  const failed = failureBlocks(
    [...results.values()].flatMap(({ host, failure, outcome }) =>
      outcome === 'failed' && failure ? [{ host, failure }] : [],
    ),
  )
  const summary = finished === undefined ? [] : summaryLines(finished, check)
  const blocks: Block[] = [
    ...unfolded('Not begun', problems.length === 0 ? [] : problemLines(problems)),
    ...unfolded('Summary', [...summary, ...overview]),
    ...unfolded(
      'Warnings',
      warnings.flatMap(({ message, hint }) => warningLines(message, hint)),
    ),
    ...failed.map((lines) => folded(lines, true)),
    ...[...across, ...byTier].map((lines) => folded(lines)),
  ]
  return fitted(`<h3><code>${xmlText(title)}</code></h3>\n`, blocks, limit)
}

const textOf = (line: Line): string => paint(line, false)

const unfolded = (head: string, lines: readonly Line[]): Block[] =>
  lines.length === 0 ? [] : [{ head, lines: lines.map(textOf), open: true }]

const folded = (lines: readonly Line[], open = false): Block => {
  const [head = [], ...rest] = lines
  return { head: textOf(head), lines: rest.map(textOf), open }
}

/** As many blocks as there is room for, the one that does not fit cut, and what was left out told. */
function fitted(title: string, blocks: readonly Block[], limit: number): string {
  let text = title
  for (const [i, block] of blocks.entries()) {
    const whole = blockText(block)
    const isLast = i === blocks.length - 1
    if (text.length + whole.length + (isLast ? 0 : RESERVE) <= limit) {
      text += whole
      continue
    }
    const kept = linesThatFit(block, limit - RESERVE - text.length)
    const part = kept === 0 ? '' : blockText({ ...block, lines: block.lines.slice(0, kept) })
    const gone = blocks.slice(i + (kept === 0 ? 0 : 1))
    const lines = block.lines.length - kept + (kept === 0 ? 1 : 0) + linesOf(blocks.slice(i + 1))
    return `${text}${part}\n**Cut to ${limit} characters: ${counted(lines, 'line')} of the plan are not here${
      gone.length === 0 ? '' : `, among them ${counted(gone.length, 'whole group')}`
    }.** The log of the run has all of it.\n`
  }
  return text
}

const linesOf = (blocks: readonly Block[]): number => blocks.reduce((sum, { lines }) => sum + lines.length + 1, 0)

/** How many first lines of a block there is room for. */
function linesThatFit(block: Block, room: number): number {
  let left = room - blockText({ ...block, lines: [] }).length - fenceOf(block.lines).length * 2 - '\n\n\n\n'.length
  let count = 0
  for (const line of block.lines) {
    left -= line.length + 1
    if (left < 0) break
    count += 1
  }
  return count
}

function blockText({ head, lines, open = false }: Block): string {
  const name = `<code>${xmlText(head)}</code>`
  if (lines.length === 0) return `\n<p>${name}</p>\n`
  const fence = fenceOf(lines)
  return `\n<details${open ? ' open' : ''}><summary>${name}</summary>\n\n${fence}text\n${lines.join('\n')}\n${fence}\n\n</details>\n`
}

/** Longer than any row of backticks that it holds. */
const fenceOf = (lines: readonly string[]): string => {
  const rows = lines.flatMap((line) => line.match(/`+/g) ?? [])
  return '`'.repeat(rows.reduce((longest, row) => Math.max(longest, row.length + 1), 3))
}
