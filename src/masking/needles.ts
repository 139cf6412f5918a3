/** A text of which each character is one byte (latin1): what is looked for, and what it is looked for in. */
export interface Bytes {
  readonly length: number
  charCodeAt(at: number): number
}

/** Texts that are looked for in others, all at once: a radix tree of them. */
export interface Needles {
  /** @returns whether it is new */
  add(needle: string): boolean
  /** How long the longest one is that stands in a text at a place; 0: none does. */
  longestAt(text: Bytes, at: number): number
}

/** An edge of the tree, and what lies behind it. */
interface Branch {
  /** The edge's text is `of.slice(from, to)`; a slice for each would keep every needle twice. */
  readonly of: string
  readonly from: number
  readonly to: number
  readonly ends: boolean
  /** By the first character of what comes next. */
  readonly next: Map<number, Branch> | undefined
}

/** See docs/decisions/0025-masking.md on why it is no library's. */
export function createNeedles(): Needles {
  const root = new Map<number, Branch>()
  return {
    add(needle) {
      if (needle === '') return false
      let branches = root
      let at = 0
      for (;;) {
        const code = needle.charCodeAt(at)
        const branch = branches.get(code)
        if (branch === undefined) {
          branches.set(code, { of: needle, from: at, to: needle.length, ends: true, next: undefined })
          return true
        }
        const shared = sharedLength(branch, needle, at)
        at += shared
        const whole = branch.from + shared === branch.to
        if (at === needle.length) {
          if (whole && branch.ends) return false
          branches.set(code, whole ? { ...branch, ends: true } : { ...split(branch, shared), ends: true })
          return true
        }
        const way = whole ? branch : split(branch, shared)
        const next = way.next ?? new Map<number, Branch>()
        if (way !== branch || way.next === undefined) branches.set(code, { ...way, next })
        branches = next
      }
    },
    longestAt(text, start) {
      let at = start
      let longest = 0
      let branch = root.get(text.charCodeAt(at))
      while (branch !== undefined) {
        const shared = sharedLength(branch, text, at)
        at += shared
        if (branch.from + shared < branch.to) break
        if (branch.ends) longest = at - start
        // Past the end of a text its character is NaN, which no branch has.
        branch = branch.next?.get(text.charCodeAt(at))
      }
      return longest
    },
  }
}

/** The first part of an edge; the rest of it, with all behind, comes next. */
function split(branch: Branch, length: number): Branch {
  const { of, from } = branch
  const middle = from + length
  return { of, from, to: middle, ends: false, next: new Map([[of.charCodeAt(middle), { ...branch, from: middle }]]) }
}

/** How many characters of an edge a text has at a place. */
function sharedLength({ of, from, to }: Branch, text: Bytes, at: number): number {
  let length = 1
  while (from + length < to && of.charCodeAt(from + length) === text.charCodeAt(at + length)) length += 1
  return length
}
