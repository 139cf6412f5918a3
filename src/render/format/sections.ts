import { indent, type Line, line, span } from './line.ts'
import { sizeText } from './plan.ts'
import type { Row, Section, SharedPart, Variant } from './shared.ts'
import { trimmed } from './trimmed.ts'
import { variantLines } from './variants.ts'
import { counted } from './words.ts'

/** New lines of a resource that are shown where it has more than so many, unless all are wanted. */
const SCREENFUL = 8
const SHOWN = 2

export interface SectionOptions {
  /** Long new texts are shown whole. */
  readonly full?: boolean
}

/**
 * A section under its headline: `web1, web2: the same 3 changes, 1 handler`.
 * @param name of its hosts
 */
export function sectionLines({ hosts, parts }: Section, name: string, options: SectionOptions): Line[] {
  const size = sizeOf(parts)
  const same = hosts.length > 1 && size !== undefined ? 'the same ' : ''
  const head = line(span('bold', name), `: ${same}${size ?? (isAround(parts) ? 'around its changes' : 'ok')}`)
  return [head, ...indent(parts.flatMap((part) => partLines(part, options)))]
}

const isAround = (parts: readonly SharedPart[]): boolean => parts.some(({ key }) => key.startsWith('>'))

/** `4 changes, 1 handler, put back`; undefined: nothing that counts. */
export function sizeOf(parts: readonly Pick<SharedPart, 'counts'>[]): string | undefined {
  const count = (what: SharedPart['counts']) => parts.filter(({ counts }) => counts === what).length
  const [changes, handlers] = [count('change'), count('handler')]
  const size = [
    ...(changes + handlers > 0 ? [sizeText(changes, handlers)] : []),
    ...(count('put back') > 0 ? ['put back'] : []),
  ]
  return size.length > 0 ? size.join(', ') : undefined
}

/** A long new text is cut after its first lines, whichever of a resource's texts they are in, and so is what is around changes. */
export function partLines({ rows, isNew }: SharedPart, { full = false }: SectionOptions): Line[] {
  const runs = runsOf(full ? rows : trimmed(rows))
  const isLong =
    isNew && runs.reduce((sum, run) => sum + ('lines' in run && run.isNew ? run.lines.length : 0), 0) > SCREENFUL
  let room = full || !isLong ? Number.POSITIVE_INFINITY : SHOWN
  const lines: Line[] = []
  for (const run of runs) {
    if ('variants' in run) lines.push(...variantLines(run.variants))
    else if (!run.isNew || run.lines.length === 1) lines.push(...run.lines)
    else {
      const shown = run.lines.slice(0, room)
      room -= shown.length
      lines.push(...shown)
      if (shown.length < run.lines.length) lines.push(...leftOut(run.lines.length - shown.length, run, lines))
    }
  }
  return lines
}

/** `… 31 new lines (--diff=full)`; of a file of which no line is shown, beside its name. */
function leftOut(count: number, { lines: all }: { readonly lines: readonly Line[] }, before: Line[]): Line[] {
  const more = span('dim', `… ${counted(count, 'new line')} (--diff=full)`)
  const isName =
    count === all.length && before.at(-1)?.at(-1)?.tone === 'bold' && before.at(-1)?.at(-1)?.text.startsWith('/')
  const name = isName ? before.pop() : undefined
  return [name ? line(...name, '  ', more) : [...marginOf(all), more]]
}

/** What the lines of a text are indented by. */
const marginOf = ([first = []]: readonly Line[]): Line => first.slice(0, -1).filter(({ text }) => text.trim() === '')

type Run = { readonly lines: readonly Line[]; readonly isNew: boolean } | { readonly variants: readonly Variant[] }

/** Lines of a text that is all new stand together; what differs between hosts is never among them. */
function runsOf(rows: readonly Row[]): Run[] {
  const runs: ({ lines: Line[]; isNew: boolean } | { variants: readonly Variant[] })[] = []
  for (const [i, row] of rows.entries()) {
    if ('variants' in row) {
      runs.push({ variants: row.variants })
      continue
    }
    // The first row names the resource.
    const isNew = i > 0 && row.line.at(-1)?.tone === 'add' && row.line.at(-1)?.text.startsWith('+') === true
    const last = runs.at(-1)
    if (last !== undefined && 'lines' in last && last.isNew === isNew) last.lines.push(row.line)
    else runs.push({ lines: [row.line], isNew })
  }
  return runs
}
