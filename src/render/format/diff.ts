import type { Hunk, TextDiff } from '../../plan/host-plan.ts'
import { indent, type Line, line, span, type Tone } from './line.ts'

const TONES: Readonly<Record<string, Tone>> = { '+': 'add', '-': 'remove', '\\': 'dim' }

/** A unified diff, without the file header: the resource's own line names the file. */
export function diffLines(diff: TextDiff): Line[] {
  const note = diff.note === undefined ? [] : [line(span('dim', `(${diff.note})`))]
  return [...diff.hunks.flatMap((hunk) => [...header(hunk, diff.hunks.length), ...hunk.lines.map(diffLine)]), ...note]
}

const diffLine = (text: string): Line => {
  const tone = TONES[text[0] ?? '']
  return [{ text, tone }]
}

/** A whole new file, or a single hunk at the top, needs no place. */
const header = ({ oldStart, oldLines, newStart, newLines }: Hunk, hunks: number): Line[] =>
  hunks === 1 && oldStart <= 1 && newStart <= 1
    ? []
    : [line(span('dim', `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`))]

/** What a diff amounts to, where it is not shown: `+3 -1 lines`. */
export function diffSize(diffs: readonly TextDiff[]): string | undefined {
  const lines = diffs.flatMap((diff) => diff.hunks.flatMap((hunk) => hunk.lines))
  const count = (sign: string) => lines.filter((text) => text.startsWith(sign)).length
  const [more, less] = [count('+'), count('-')]
  const notes = diffs.flatMap((diff) =>
    diff.note === undefined ? [] : [diffs.length > 1 ? `${diff.name}: ${diff.note}` : diff.note],
  )
  const sizes = [more > 0 ? `+${more}` : '', less > 0 ? `-${less}` : ''].filter((size) => size !== '')
  const size = sizes.length === 0 ? [] : [`${sizes.join(' ')} ${more + less === 1 ? 'line' : 'lines'}`]
  const remarks = [...size, ...notes]
  return remarks.length === 0 ? undefined : remarks.join(', ')
}

/** Diffs of one resource; each under its name where there are several or the resource's key does not end with it. */
export function diffBlock(diffs: readonly TextDiff[], key: string): Line[] {
  return diffs.flatMap((diff) => {
    const body = diffLines(diff)
    if (body.length === 0) return []
    if (diffs.length === 1 && key.endsWith(diff.name)) return body
    const [place, ...rest] = body
    const name = span('bold', diff.name)
    const isPlace = place !== undefined && place[0]?.tone === 'dim' && place[0].text.startsWith('@@')
    return isPlace ? [line(name, '  ', ...place), ...indent(rest)] : [line(name), ...indent(body)]
  })
}
