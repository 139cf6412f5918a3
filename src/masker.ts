import { MASK } from './secret.ts'
import { quote } from './shell/quote.ts'

/** Too short a secret would blank half of the output and hide nothing. */
const MIN_LENGTH = 4

/** A line of a key file or certificate that is shorter says nothing, and may be as common as `}`. */
const MIN_LINE = 8

/** Base64 of fewer characters would be found by chance. */
const MIN_BASE64 = 8

/**
 * A function that replaces each of these secrets in a text, also where it was quoted or encoded on its way: by the
 * shell, in JSON, in a URL, in base64 (alone or inside a longer text), and each line of one that has several, since
 * what a host prints comes line by line.
 */
export function masker(secrets: readonly string[]): (text: string) => string {
  const needles = [...new Set(secrets)].filter((value) => value.length >= MIN_LENGTH).flatMap(formsOf)
  if (needles.length === 0) return (text) => text
  // The longest first: a secret may be a part of another.
  const longestFirst = [...new Set(needles)].sort((a, b) => b.length - a.length)
  const any = new RegExp(longestFirst.map(escaped).join('|'), 'g')
  return (text) => text.replace(any, MASK)
}

const formsOf = (value: string): string[] => {
  const lines = value.split(/[\r\n]+/)
  const parts = lines.length > 1 ? [value, ...lines.filter((line) => line.trim().length >= MIN_LINE)] : [value]
  return parts.flatMap((part) => [
    part,
    // No shell word holds a NUL.
    ...(part.includes('\0') ? [] : [quote(part).replace(/^'|'$/g, '')]),
    JSON.stringify(part).slice(1, -1),
    // Through bytes: a half of a surrogate pair can't be encoded.
    encodeURIComponent(Buffer.from(part).toString()),
    Buffer.from(part).toString('base64'),
    ...insideBase64(part),
  ])
}

/** How a text looks inside the base64 of a longer one, at each of the three ways its bytes may fall. */
const insideBase64 = (value: string): string[] =>
  [0, 1, 2]
    .map((before) => {
      const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)])
      // Characters that also hold bits of what stands before or after are left out.
      return bytes.toString('base64').slice(before === 0 ? 0 : before + 1, Math.floor((bytes.length * 8) / 6))
    })
    .filter((form) => form.length >= MIN_BASE64)

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
