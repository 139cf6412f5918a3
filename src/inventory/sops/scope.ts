import type { Metadata } from './metadata.ts'

/** Tells from the keys on the way to a value whether SOPS encrypts it. */
export type Scope = (path: readonly string[]) => boolean

/**
 * The rule of a file for what is encrypted: all values, but for those under a key with a suffix, or under one that
 * matches a pattern, or the other way round (getsops/sops, Tree.shouldBeEncrypted).
 * @throws SyntaxError when a pattern is none.
 */
export function scopeOf(metadata: Pick<Metadata, 'rule'>): Scope {
  const { rule } = metadata
  if (rule.kind === 'unencrypted_suffix') return (path) => !path.some((key) => key.endsWith(rule.text))
  if (rule.kind === 'encrypted_suffix') return (path) => path.some((key) => key.endsWith(rule.text))
  const pattern = goPattern(rule.text)
  if (rule.kind === 'unencrypted_regex') return (path) => !path.some((key) => pattern.test(key))
  return (path) => path.some((key) => pattern.test(key))
}

/** A pattern as Go writes it: flags may stand in front. */
export function goPattern(text: string): RegExp {
  const [, flags = '', rest = text] = /^\(\?([ims]+)\)([\s\S]*)$/.exec(text) ?? []
  return new RegExp(rest, `u${flags}`)
}
