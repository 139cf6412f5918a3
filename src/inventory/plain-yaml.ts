import { parse } from 'yaml'
import type { Value } from './inventory.ts'
import type { Place } from './places.ts'

/** What a text says, and where. */
export interface PlainYaml {
  readonly value: Value
  readonly place: Place
}

/**
 * Reads the YAML that inventories of thousands of hosts are made of, and no other: mappings and lists in lines, words,
 * numbers and flow collections that end on their line, JSON. The library takes seconds for such a file. Whatever is not
 * beyond doubt (anchors, tags, texts of several lines, escapes, any mistake) is left to the library: where this reader
 * says something, the library says the same.
 * @returns undefined: not of that kind
 */
export function readPlainYaml(text: string): PlainYaml | undefined {
  return ODD.test(text) ? undefined : documentIn(text)
}

/** Beyond printable ASCII; what ends a document; and the word that is no entry of an object. */
const ODD = /[^\n\x20-\x7e]|^\.\.\.|__proto__/m

const KEY = /([A-Za-z0-9_][A-Za-z0-9_.@+/-]{0,200}):(?=[ \n]|$)/y
const QUOTED_KEY = /(?:"([^"\\\n]{0,200})"|'([^'\n]{0,200})'):(?=[ \n]|$)/y
const JSON_KEY = /"([^"\\\n]{0,200})":/y
/** No indicator can be in it: after a colon comes more of the word, after a blank a letter or a digit. */
const WORD = /-?[A-Za-z0-9_./](?:[A-Za-z0-9_./@+~=%*?$;()!&-]|:+(?=[A-Za-z0-9_./])| (?=[A-Za-z0-9_/]))*/y
const QUOTED = /"([^"\\\n]*)"|'([^'\n]*)'/y
const LINE_END = / *(?: #[^\n]*)?(?:\n|$)/y
const EMPTY_LINES = /(?: *(?:#[^\n]*)?\n| *#[^\n]*$| +$)*/y
const BLANKS = / */y
const BLANKS_AND_LINES = /[ \n]*/y
const DASH = /-(?=[ \n]|$)/y

const MAX_DEPTH = 100

type Found = Omit<Place, 'at'> & { readonly value: Value }

function documentIn(text: string): PlainYaml | undefined {
  let pos = text.startsWith('---\n') ? 4 : 0
  /** How far the line is indented; -1 after the last. */
  let indent = -1
  /** Between parts of a flow collection: lines too where the whole document is one. */
  let gap = BLANKS

  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = pos
    const found = pattern.exec(text)
    if (found === null) return undefined
    pos = pattern.lastIndex
    return found
  }
  const sees = (pattern: RegExp): boolean => {
    pattern.lastIndex = pos
    return pattern.test(text)
  }
  const is = (char: string): boolean => text[pos] === char
  const skip = (char: string): boolean => {
    if (!is(char)) return false
    pos += 1
    return true
  }
  const toLine = (): void => {
    take(EMPTY_LINES)
    const blanks = take(BLANKS)?.[0].length ?? 0
    indent = pos >= text.length ? -1 : blanks
  }

  const block = (depth: number): Found | undefined => {
    if (depth > MAX_DEPTH) return undefined
    return sees(DASH) ? list(indent, depth) : mapping(indent, depth)
  }
  const onLine = (depth: number): Found | undefined => {
    take(BLANKS)
    const found = flow(depth)
    if (found === undefined || take(LINE_END) === undefined) return undefined
    toLine()
    return found
  }

  const mapping = (own: number, depth: number): Found | undefined => {
    const entries = entriesOf()
    do {
      const at = pos
      const key = take(KEY) ?? take(QUOTED_KEY)
      if (key === undefined) return undefined
      let found: Found | undefined = { value: null }
      if (take(LINE_END) === undefined) found = onLine(depth + 1)
      else {
        toLine()
        if (indent > own || (indent === own && sees(DASH))) found = block(depth + 1)
      }
      if (found === undefined || !entries.take(key[1] ?? key[2] ?? '', at, found)) return undefined
    } while (indent === own)
    return indent > own ? undefined : entries.found()
  }

  const list = (own: number, depth: number): Found | undefined => {
    const elements = elementsOf()
    do {
      pos += 1
      let at: number
      let found: Found | undefined
      if (take(LINE_END) !== undefined) {
        toLine()
        if (indent <= own) return undefined
        at = pos
        found = block(depth + 1)
      } else {
        const blanks = take(BLANKS)?.[0].length ?? 0
        at = pos
        if (sees(KEY) || sees(QUOTED_KEY)) {
          indent = own + 1 + blanks
          found = mapping(indent, depth + 1)
        } else found = onLine(depth + 1)
      }
      if (found === undefined) return undefined
      elements.take(at, found)
    } while (indent === own && sees(DASH))
    return indent > own ? undefined : elements.found()
  }

  const flow = (depth: number): Found | undefined => {
    if (depth > MAX_DEPTH) return undefined
    if (skip('{')) return flowMapping(depth)
    if (skip('[')) return flowList(depth)
    const quoted = take(QUOTED)
    if (quoted !== undefined) return { value: quoted[1] ?? quoted[2] ?? '' }
    const word = take(WORD)
    return word && scalar(word[0])
  }

  const flowMapping = (depth: number): Found | undefined => {
    const entries = entriesOf()
    take(gap)
    if (skip('}')) return entries.found()
    do {
      take(gap)
      const at = pos
      const key = take(KEY) ?? take(JSON_KEY)
      take(gap)
      const found = key && flow(depth + 1)
      if (found === undefined || !entries.take(key?.[1] ?? '', at, found)) return undefined
      take(gap)
    } while (skip(','))
    return skip('}') ? entries.found() : undefined
  }

  const flowList = (depth: number): Found | undefined => {
    const elements = elementsOf()
    take(gap)
    if (skip(']')) return elements.found()
    do {
      take(gap)
      const at = pos
      const found = flow(depth + 1)
      if (found === undefined) return undefined
      elements.take(at, found)
      take(gap)
    } while (skip(','))
    return skip(']') ? elements.found() : undefined
  }

  toLine()
  if (indent !== 0) return undefined
  const isFlow = is('{') || is('[')
  if (isFlow) gap = BLANKS_AND_LINES
  const found = isFlow ? onLine(0) : block(0)
  if (found === undefined || pos < text.length) return undefined
  const { value, ...place } = found
  return { value, place: { at: 0, ...place } }
}

function entriesOf() {
  const value: Record<string, Value> = {}
  const inside = new Map<string, Place>()
  return {
    /** @returns false: it is there already */
    take(key: string, at: number, found: Found): boolean {
      if (inside.has(key)) return false
      value[key] = found.value
      inside.set(key, { at, written: found.written, inside: found.inside })
      return true
    },
    found: (): Found => ({ value, inside }),
  }
}

function elementsOf() {
  const value: Value[] = []
  const inside: Place[] = []
  return {
    take(at: number, found: Found): void {
      value.push(found.value)
      inside.push({ at, written: found.written, inside: found.inside })
    },
    found: (): Found => ({ value, inside }),
  }
}

const CONSTANTS: ReadonlyMap<string, Value> = new Map(
  [null, true, false].flatMap((value) => {
    const name = String(value)
    return [name, name.toUpperCase(), `${name[0]?.toUpperCase()}${name.slice(1)}`].map((word) => [word, value] as const)
  }),
)

/** What a word means: what might be an odd form of a number (1e3, 0o17, .inf) the library says. */
function scalar(word: string): Found | undefined {
  const constant = CONSTANTS.get(word)
  if (constant !== undefined) return { value: constant }
  if (/^(?:0|-?[1-9]\d{0,14})$/.test(word)) return { value: Number(word), written: word }
  if (/[^-+.\dA-Fa-finoxINOX]/.test(word) || /\..*\./.test(word) || /^[A-Za-z]/.test(word)) return { value: word }
  const value: unknown = parse(word)
  if (typeof value === 'number') return { value, written: word }
  return typeof value === 'string' ? { value } : undefined
}
