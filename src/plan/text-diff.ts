import { structuredPatch } from 'diff'
import { hasSecret, MASK, reveal } from '../masking/secret.ts'
import type { TextChange } from '../resources/resource.ts'
import type { Hunk, TextDiff } from './host-plan.ts'
import { type MaskedLine, maskedLines, plainLines, shownChanged, valuesIn } from './mask-lines.ts'

/** Unchanged lines around a change. */
const CONTEXT = 3
/** Lines of one diff; what is beyond is only counted. */
const MAX_LINES = 400
/** Characters of one line. */
const MAX_WIDTH = 1000
/** Added and removed lines above which no diff is sought: the search takes time by the square of it (2000: 0.4 s). */
const MAX_EDITS = 2000

const NO_NEWLINE = '\\ No newline at end of file'

/** Where the old text is known by its lines: shown, masked, or (`withheld`) not at all. */
interface OldLine extends MaskedLine {
  /** The secrets it has where the new text has a line of the same literals. */
  readonly values?: readonly string[]
  readonly withheld?: boolean
}

/**
 * The line diff that people may see. When the new text holds secrets, the old one may hold older secrets: of it only
 * those lines are shown that the new text declares without a secret, and, masked, those whose literals surround a
 * secret there. So everything shown is a declared literal or a mask.
 */
export function textDiff(change: TextChange): TextDiff {
  const { name, before, after, note } = change
  if (note !== undefined) return { name, note, hunks: [] }
  const tainted = after !== undefined && hasSecret(after)
  const fresh = after === undefined ? [] : tainted ? maskedLines(after) : plainLines(reveal(after))
  const old: readonly OldLine[] = before === undefined ? [] : tainted ? oldLines(before, fresh) : plainLines(before)
  const hunks = tokenHunks(old, fresh, endsOpen(before), endsOpen(after === undefined ? undefined : reveal(after)))
  if (hunks === undefined) return { name, note: tooMany(old, fresh), hunks: [] }
  return capped(
    name,
    hunks.map((hunk) => shownHunk(hunk, old, fresh)),
  )
}

const endsOpen = (text: string | undefined): boolean => text !== undefined && text !== '' && !text.endsWith('\n')

const linesIn = (lines: readonly MaskedLine[]): number => lines.reduce((sum, line) => sum + line.count, 0)

const tooMany = (old: readonly MaskedLine[], fresh: readonly MaskedLine[]): string =>
  `too many changes to show: ${linesIn(old)} lines before, ${linesIn(fresh)} after`

/** The old text beside a new one that holds secrets. */
const oldLines = (before: string, fresh: readonly MaskedLine[]): OldLine[] => {
  // Masked lines last: where a secret equals a literal line, the mask is what is shown.
  const ordered = [...fresh].sort((a, b) => Number(a.pattern !== undefined) - Number(b.pattern !== undefined))
  const known = new Map(ordered.map((line) => [line.real, line]))
  const blocks = fresh.filter((line) => line.count > 1)
  const patterns = fresh.flatMap((line) => (line.pattern !== undefined && line.count === 1 ? [line.pattern] : []))
  const raw = plainLines(before).map((line) => line.real)
  const lines: OldLine[] = []
  for (let at = 0; at < raw.length; ) {
    const real = raw[at] ?? ''
    const block = blocks.find((one) => raw.slice(at, at + one.count).join('\n') === one.real)
    lines.push(block ?? oldLine(real, known.get(real), patterns))
    at += block?.count ?? 1
  }
  return lines
}

const oldLine = (
  real: string,
  same: MaskedLine | undefined,
  patterns: readonly NonNullable<MaskedLine['pattern']>[],
): OldLine => {
  if (same !== undefined) return same
  for (const pattern of patterns) {
    const values = valuesIn(real, pattern)
    if (values !== undefined) return { real, shown: pattern.literals.join(MASK), count: 1, pattern, values }
  }
  return { real, shown: '', count: 1, withheld: true }
}

/**
 * Hunks over line numbers: `diff` compares a number per distinct line, so lines with newlines inside, carriage returns
 * and secrets need no care there. Undefined when the texts differ in too many lines.
 */
const tokenHunks = (
  old: readonly MaskedLine[],
  fresh: readonly MaskedLine[],
  oldOpen: boolean,
  freshOpen: boolean,
): readonly Hunk[] | undefined => {
  const ids = new Map<string, number>()
  const idOf = (line: MaskedLine) => {
    const id = ids.get(line.real) ?? ids.size
    ids.set(line.real, id)
    return String(id)
  }
  const text = (lines: readonly MaskedLine[], open: boolean) =>
    lines.length === 0 ? '' : lines.map(idOf).join('\n') + (open ? '' : '\n')
  // Nothing to search when one side is empty, however long the other is.
  const limit = old.length === 0 || fresh.length === 0 ? Number.POSITIVE_INFINITY : MAX_EDITS
  return structuredPatch('', '', text(old, oldOpen), text(fresh, freshOpen), undefined, undefined, {
    context: CONTEXT,
    maxEditLength: limit,
  })?.hunks
}

interface Shown {
  readonly sign: string
  readonly text: string
  readonly withheld?: boolean | undefined
}

/** A hunk over line numbers as people read it, counted in the lines of the real texts. */
const shownHunk = (hunk: Hunk, old: readonly OldLine[], fresh: readonly MaskedLine[]): Hunk => {
  const oldAt = hunk.oldStart - 1
  const freshAt = hunk.newStart - 1
  const gone = removedIn(hunk, old)
  const lines: Shown[] = []
  let [left, right] = [oldAt, freshAt]
  for (const [sign] of hunk.lines) {
    if (sign === '-') lines.push(shownOld(old[left]))
    else if (sign === '\\') lines.push({ sign: '', text: NO_NEWLINE })
    else
      lines.push({ sign: sign ?? ' ', text: sign === '+' ? shownNew(fresh[right], gone) : (fresh[right]?.shown ?? '') })
    if (sign === '-' || sign === ' ') left += 1
    if (sign === '+' || sign === ' ') right += 1
  }
  return {
    oldStart: linesIn(old.slice(0, oldAt)) + 1,
    oldLines: linesIn(old.slice(oldAt, left)),
    newStart: linesIn(fresh.slice(0, freshAt)) + 1,
    newLines: linesIn(fresh.slice(freshAt, right)),
    lines: withheldTogether(lines).map(({ sign, text }) => sign + clipped(text)),
  }
}

const removedIn = (hunk: Hunk, old: readonly OldLine[]): OldLine[] => {
  const at = hunk.lines.filter((line) => !line.startsWith('+') && !line.startsWith('\\'))
  return at.flatMap((line, i) => {
    const one = old[hunk.oldStart - 1 + i]
    return line.startsWith('-') && one?.values !== undefined ? [one] : []
  })
}

const shownOld = (line: OldLine | undefined): Shown => ({
  sign: '-',
  text: line?.shown ?? '',
  withheld: line?.withheld,
})

/** A new line; its changed secrets say so when a line of the same literals goes away. Each such line is used once. */
const shownNew = (line: MaskedLine | undefined, gone: OldLine[]): string => {
  const { pattern } = line ?? {}
  if (line === undefined || pattern === undefined || line.count > 1) return line?.shown ?? ''
  const at = gone.findIndex((one) => one.pattern?.literals.join('\0') === pattern.literals.join('\0'))
  const values = gone[at]?.values
  if (values === undefined) return line.shown
  gone.splice(at, 1)
  return shownChanged(pattern, values)
}

/** One line for neighbours that can't be shown. */
const withheldTogether = (lines: readonly Shown[]): Shown[] => {
  const out: Shown[] = []
  let run = 0
  for (const [i, line] of lines.entries()) {
    run = line.withheld === true ? run + 1 : 0
    if (run === 0) out.push(line)
    else if (lines[i + 1]?.withheld !== true) out.push({ ...line, text: withheldText(run) })
  }
  return out
}

const withheldText = (count: number): string =>
  `‹${count === 1 ? 'line' : `${count} lines`} withheld: this file holds secrets›`

const clipped = (text: string): string =>
  text.length <= MAX_WIDTH ? text : `${text.slice(0, MAX_WIDTH)}… (${text.length - MAX_WIDTH} more characters)`

const capped = (name: string, hunks: readonly Hunk[]): TextDiff => {
  const rest = hunks.flatMap((hunk) => hunk.lines).slice(MAX_LINES)
  if (rest.length === 0) return { name, hunks }
  let room = MAX_LINES
  const kept: Hunk[] = []
  for (const hunk of hunks) {
    if (room > 0) kept.push({ ...hunk, lines: hunk.lines.slice(0, room) })
    room -= hunk.lines.length
  }
  const count = (sign: string) => rest.filter((line) => line.startsWith(sign)).length
  return { name, hunks: kept, note: `${rest.length} more lines not shown: +${count('+')} -${count('-')}` }
}
