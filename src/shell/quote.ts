/**
 * The only place that quotes for a remote shell. Targets' sh is dash: single quotes take every byte but the
 * quote itself (POSIX.1-2024, XCU 2.2.2); `$'…'` would not do.
 */

const PLAIN = /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$/

/** As a command's first word this would set a variable. */
const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*=/

/**
 * One word for a POSIX shell that stands for exactly this text.
 * @throws RangeError when the text has a NUL, which no shell word can hold.
 */
export function quote(text: string): string {
  if (text.includes('\0')) throw new RangeError('a shell word cannot hold a NUL character')
  return PLAIN.test(text) && !ASSIGNMENT.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** Several words, each quoted, with a space between. */
export function words(texts: readonly string[]): string {
  return texts.map(quote).join(' ')
}
