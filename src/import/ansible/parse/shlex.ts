/** The words of a line as Python's shlex has them (POSIX mode), which is what Ansible splits host lines and ssh's arguments with. */

type Quote = '"' | "'"

interface Reading {
  readonly words: readonly string[]
  /** The word that is being read; undefined between words. */
  readonly word: string | undefined
  readonly quote: Quote | undefined
}

const BLANK = /[ \t\r\n]/

/**
 * @param comments whether `#` begins a comment: as in Python, in the middle of a word too
 * @throws Error when a quote is not closed, or a backslash is the last character
 */
export function shlexSplit(text: string, { comments = false }: { comments?: boolean } = {}): readonly string[] {
  let at: Reading = { words: [], word: undefined, quote: undefined }
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charAt(i)
    if (comments && char === '#' && at.quote === undefined) break
    const escapes = char === '\\' && at.quote !== "'"
    if (escapes && i + 1 >= text.length) throw new Error('a backslash is the last character')
    at = escapes ? escaped(at, text.charAt(i + 1)) : read(at, char)
    if (escapes) i += 1
  }
  if (at.quote !== undefined) throw new Error(`a quote (${at.quote}) is not closed`)
  return at.word === undefined ? at.words : [...at.words, at.word]
}

const append = (at: Reading, text: string): Reading => ({ ...at, word: (at.word ?? '') + text })

/** In double quotes a backslash is one, but before a quote or another. */
const escaped = (at: Reading, next: string): Reading =>
  append(at, at.quote === '"' && next !== '"' && next !== '\\' ? `\\${next}` : next)

function read(at: Reading, char: string): Reading {
  if (at.quote !== undefined) return char === at.quote ? { ...at, quote: undefined } : append(at, char)
  if (char === '"' || char === "'") return { ...append(at, ''), quote: char }
  if (!BLANK.test(char)) return append(at, char)
  return at.word === undefined ? at : { ...at, words: [...at.words, at.word], word: undefined }
}
