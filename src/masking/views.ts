/**
 * A text as it was before something on its way escaped, quoted or wrapped it. Looking for a secret in these views finds
 * it whichever of its characters an encoder left as they are; to list all spellings of each secret would take a form for
 * every encoder's choice. All texts are of bytes: each character is one.
 */
export interface View {
  readonly text: string
  /** Where a span of the view stands in the text that it is a view of. */
  source(start: number, end: number): readonly [start: number, end: number]
}

interface Encoding {
  readonly encoded: RegExp
  /** The bytes that a match stands for; undefined: it stands for itself. */
  decode(match: RegExpExecArray): string | undefined
}

/** The views that differ from the text itself. */
export function viewsOf(text: string): View[] {
  return [...ENCODINGS.flatMap((encoding) => decoded(text, encoding) ?? []), ...base64View(text)]
}

/** Base64 in the alphabet that is for URLs, and in lines of any length, also where a JSON text holds them. */
function base64View(text: string): View[] {
  const standard = text.replaceAll('-', '+').replaceAll('_', '/')
  const unwrapped = decoded(standard, NEWLINES)
  if (unwrapped !== undefined) return [unwrapped]
  return standard === text ? [] : [{ text: standard, source: (start, end) => [start, end] }]
}

const NEWLINES: Encoding = { encoded: /(?:\r?\n|(?:\\r)?\\n)[ \t]*/g, decode: () => '' }

const byte = (digits: string, radix: number): string => String.fromCharCode(Number.parseInt(digits, radix) & 0xff)

const bytesOf = (codePoint: number): string =>
  codePoint > 0x10ffff ? '' : Buffer.from(String.fromCodePoint(codePoint)).toString('latin1')

const LETTERS: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', e: '\x1b', E: '\x1b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const hexByte = ([, hex]: RegExpExecArray): string | undefined => (hex === undefined ? undefined : byte(hex, 16))

const ENCODINGS: readonly Encoding[] = [
  // URLs, with any set of characters left as they are and digits of either case.
  { encoded: /%([\da-f]{2})/gi, decode: hexByte },
  // The same in forms and queries.
  { encoded: /%([\da-f]{2})|\+/gi, decode: (match) => hexByte(match) ?? ' ' },
  // JSON, YAML and SQL in double quotes, bash's printf %q and $'…', systemd: what a letter or a number stands for.
  {
    encoded:
      /\\(?:u([dD][89abAB][\da-fA-F]{2})\\u([dD][c-fC-F][\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|x([\da-fA-F]{2})|([0-7]{1,3})|(\r?\n[ \t]*)|([\s\S]))/g,
    decode([, high, low, unicode, long, hex, octal, newline, other]) {
      if (high !== undefined && low !== undefined) {
        return bytesOf(0x10000 + ((Number.parseInt(high, 16) & 0x3ff) << 10) + (Number.parseInt(low, 16) & 0x3ff))
      }
      const codePoint = unicode ?? long
      if (codePoint !== undefined) return bytesOf(Number.parseInt(codePoint, 16))
      if (hex !== undefined) return byte(hex, 16)
      if (octal !== undefined) return byte(octal, 8)
      if (newline !== undefined) return ''
      return other === undefined ? undefined : (LETTERS[other] ?? other)
    },
  },
  // A quote inside of quotes: the shell's two ways, SQL's and YAML's; what systemd and compose files double.
  { encoded: /'\\''|'"'"'|''|""|%%|\$\$/g, decode: ([found]) => (found.startsWith("'") ? "'" : found.charAt(0)) },
  {
    encoded: /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|lt|gt|quot|apos));/gi,
    decode([, decimal, hex, name]) {
      if (decimal !== undefined) return bytesOf(Number.parseInt(decimal, 10))
      if (hex !== undefined) return bytesOf(Number.parseInt(hex, 16))
      return name === undefined ? undefined : ENTITIES[name.toLowerCase()]
    },
  },
]

function decoded(text: string, { encoded, decode }: Encoding): View | undefined {
  if (text.search(encoded) < 0) return undefined
  const pieces: Piece[] = []
  let length = 0
  let at = 0
  const add = (bytes: string, to: number, whole: boolean): void => {
    // What is left out belongs to neither side of it.
    if (bytes !== '') pieces.push({ at: length, bytes, from: at, to, whole })
    length += bytes.length
    at = to
  }
  for (const match of text.matchAll(encoded)) {
    const bytes = decode(match)
    if (bytes === undefined) continue
    add(text.slice(at, match.index), match.index, false)
    add(bytes, match.index + match[0].length, true)
  }
  if (at === 0) return undefined
  add(text.slice(at), text.length, false)
  return {
    text: pieces.map(({ bytes }) => bytes).join(''),
    source(start, end) {
      const first = pieceAt(pieces, start)
      const last = pieceAt(pieces, end - 1)
      return [
        first.whole ? first.from : first.from + start - first.at,
        last.whole ? last.to : last.from + end - last.at,
      ]
    },
  }
}

/** A piece of a view and where it stands in the source: character for character, or only as a whole. */
interface Piece {
  readonly at: number
  readonly bytes: string
  readonly from: number
  readonly to: number
  readonly whole: boolean
}

function pieceAt(pieces: readonly Piece[], place: number): Piece {
  let low = 0
  let high = pieces.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((pieces[middle]?.at ?? 0) <= place) low = middle
    else high = middle - 1
  }
  const found = pieces[low]
  if (found === undefined) throw new RangeError('a place outside of the view')
  return found
}
