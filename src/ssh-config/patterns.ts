/** Patterns of ssh_config(5): `*`, `?`, and `!` before what is left out. */

export type Matcher = (text: string) => boolean

interface Pattern {
  readonly negated: boolean
  readonly matches: Matcher
}

/** Fits when a pattern does and no negated one. */
export function patternList(patterns: readonly string[]): Matcher {
  const all = patterns.map(patternOf)
  const negated = all.filter((pattern) => pattern.negated)
  const wanted = all.filter((pattern) => !pattern.negated)
  return (text) => wanted.some((pattern) => pattern.matches(text)) && !negated.some((pattern) => pattern.matches(text))
}

function patternOf(text: string): Pattern {
  const negated = text.startsWith('!')
  const glob = negated ? text.slice(1) : text
  if (glob === '*') return { negated, matches: () => true }
  if (!/[*?]/.test(glob)) return { negated, matches: (name) => name === glob }
  // The common kinds, of which there may be hundreds for thousands of hosts.
  const rest = glob.slice(1, -1)
  if (!/[*?]/.test(rest) && !glob.includes('?') && glob.length > 1 && !(glob.startsWith('*') && glob.endsWith('*'))) {
    const [start = '', end = ''] = glob.split('*')
    return { negated, matches: glob.startsWith('*') ? (name) => name.endsWith(end) : (name) => name.startsWith(start) }
  }
  const regExp = globRegExp(glob)
  return { negated, matches: (name) => regExp.test(name) }
}

export const globRegExp = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[\\^$.|+()[\]{}/]/g, '\\$&')
      .replace(/\*+/g, '.*')
      .replaceAll('?', '.')}$`,
    's',
  )
