/**
 * The hosts that an answer means: all for yes, none for no, else those that it names.
 * @returns what is wrong with it, where it means nothing
 */
export function meantOf(answer: string, names: readonly string[]): readonly string[] | string {
  const words = answer.split(/[\s,]+/).filter((word) => word !== '')
  const [only] = words
  if (words.length === 1 && only?.toLowerCase() === 'yes') return names
  if (words.length === 1 && ['no', 'n'].includes(only?.toLowerCase() ?? '')) return []
  if (only === undefined) return 'type yes, no, or names of hosts'
  const stray = words.find((word) => !names.includes(word))
  return stray === undefined ? words : `${stray} is none of these hosts; type yes, no, or names of hosts`
}
