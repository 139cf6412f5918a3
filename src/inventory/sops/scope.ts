import { createRequire } from 'node:module'
import type { RE2JS } from 're2js'
import type { Metadata } from './metadata.ts'

/** Tells from the keys on the way to a value whether SOPS encrypts it. */
export type Scope = (path: readonly string[]) => boolean

/**
 * The rule of a file for what is encrypted: all values, but for those under a key with a suffix, or under one that
 * matches a pattern, or the other way round (getsops/sops, Tree.shouldBeEncrypted).
 * @throws Error when a pattern is none.
 */
export function scopeOf(metadata: Pick<Metadata, 'rule'>): Scope {
  const { rule } = metadata
  if (rule.kind === 'unencrypted_suffix') return (path) => !path.some((key) => key.endsWith(rule.text))
  if (rule.kind === 'encrypted_suffix') return (path) => path.some((key) => key.endsWith(rule.text))
  const pattern = goPattern(rule.text)
  if (rule.kind === 'unencrypted_regex') return (path) => !path.some((key) => pattern.test(key))
  return (path) => path.some((key) => pattern.test(key))
}

/** Loaded by those who have a pattern: most files have a suffix or none, and it costs each start some ms. */
const load = createRequire(import.meta.url)

/**
 * A pattern as Go has it, which is what sops is written in: `[[:alpha:]]`, `(?P<name>…)`, `\A…\z` and escapes that JavaScript
 * does not know, and nothing that only JavaScript knows.
 * @throws Error when it is none
 */
export function goPattern(text: string): Pick<RE2JS, 'test'> {
  const re2: typeof import('re2js') = load('re2js')
  return re2.RE2JS.compile(text)
}
