import { formsOf } from './forms.ts'
import { createNeedles } from './needles.ts'
import { MASK, MASKS } from './secret.ts'
import { viewsOf } from './views.ts'

export interface Masker {
  /** @returns how many forms of it were new */
  learn(secret: string): number
  /** A text with every form of every secret replaced; what overlaps is replaced as one. */
  mask(text: string): string
}

/**
 * Replaces secrets in texts, also where they were quoted, escaped or encoded on their way; docs/secrets.md lists how.
 * What a text costs does not grow with the number of secrets.
 */
export function createMasker(): Masker {
  const needles = createNeedles()
  const seen = new Set<string>()
  let empty = true
  return {
    learn(secret) {
      if (seen.has(secret)) return 0
      seen.add(secret)
      const added = formsOf(secret).filter((form) => needles.add(form)).length
      empty &&= added === 0
      return added
    },
    mask(text) {
      if (empty) return text
      const bytes = bytesOf(text)
      const inViews = viewsOf(bytes).flatMap((view) =>
        spansIn(view.text, needles.longestAt).map(([start, end]) => view.source(start, end)),
      )
      const found = [...spansIn(bytes, needles.longestAt), ...inViews]
      return found.length === 0 ? text : replaced(bytes, merged(found), text)
    },
  }
}

/** No byte: stands for a mask that is in the text already, so that no secret is found in its words (`changed`). */
const MASKED = '\u0100'

function bytesOf(text: string): string {
  const bytes = Buffer.from(text).toString('latin1')
  // Plain ASCII has no mask.
  return bytes.length === text.length ? text : bytes.replaceAll(MASKS_IN_BYTES, MASKED)
}

const inBytes = (text: string): string => Buffer.from(text).toString('latin1')

/** From here to there, the end not included. */
type Span = readonly [start: number, end: number]

function spansIn(text: string, longestAt: (text: string, at: number) => number): Span[] {
  const spans: Span[] = []
  let covered = 0
  for (let at = 0; at < text.length; at++) {
    const end = at + longestAt(text, at)
    // What lies inside of one that was found adds nothing.
    if (end > at && end > covered) {
      spans.push([at, end])
      covered = end
    }
  }
  return spans
}

/** Spans that overlap become one, so that no rest of a secret stays between two masks. */
function merged(spans: readonly Span[]): Span[] {
  const result: Span[] = []
  for (const [start, end] of [...spans].sort(([a], [b]) => a - b)) {
    const last = result.at(-1)
    if (last === undefined || start >= last[1]) result.push([start, end])
    else if (end > last[1]) result[result.length - 1] = [last[0], end]
  }
  return result
}

function replaced(bytes: string, spans: readonly Span[], text: string): string {
  const kept = spans.map(([start], i) => bytes.slice(spans[i - 1]?.[1] ?? 0, start))
  const masked = [...kept, bytes.slice(spans.at(-1)?.[1] ?? 0)].join(MASK_IN_BYTES)
  const earlier = text.match(MASKS) ?? []
  return masked
    .split(MASKED)
    .map((piece, i) => Buffer.from(piece, 'latin1').toString() + (earlier[i] ?? ''))
    .join('')
}

const MASK_IN_BYTES = inBytes(MASK)
const MASKS_IN_BYTES = new RegExp(inBytes(MASKS.source), 'g')
