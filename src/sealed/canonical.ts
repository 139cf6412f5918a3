import { isSecret, plainValue } from '../masking/secret.ts'
import { isAnyScript } from '../shell/script.ts'

/**
 * One text for one value, whatever the order of its keys: with the real secrets in it, so it is for a keyed hash and
 * nothing else.
 */
export function canonical(value: unknown): string {
  return JSON.stringify(plain(value))
}

function plain(value: unknown): unknown {
  if (isSecret(value)) return ['secret', plainValue(value)]
  if (value === undefined) return ['undefined']
  if (typeof value === 'bigint') return ['bigint', String(value)]
  // What a role hands over as a function is code, which has digests of its own.
  if (typeof value === 'function' || typeof value === 'symbol') return ['code']
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return ['bytes', Buffer.from(value).toString('base64')]
  if (value instanceof Map) return ['map', sorted([...value].map(([key, one]) => [canonical(key), plain(one)]))]
  if (value instanceof Set) return ['set', [...value].map(canonical).sort()]
  if (Array.isArray(value)) return ['list', ...value.map(plain)]
  if (value instanceof RegExp) return ['pattern', String(value)]
  const entries = Object.entries(value).filter(([, one]) => one !== undefined)
  return [isAnyScript(value) ? 'script' : 'object', sorted(entries.map(([key, one]) => [key, plain(one)]))]
}

const sorted = (entries: readonly (readonly [string, unknown])[]) =>
  [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
