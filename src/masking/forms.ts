/**
 * What of a secret is looked for. Escapes and quotes are taken off the text before (see `views.ts`), so what is left are
 * forms that change every character: base64 and hex.
 */

/** A shorter secret, or line of one, would blank half of the output and hide nothing. In characters, blanks around not counted. */
export const MIN_LENGTH = 4

/** Base64 of fewer characters would be found by chance; of a whole secret there are as many. */
export const MIN_BASE64 = 6

/** Where programs break lines of base64: PEM and openssl, coreutils and MIME. */
const BASE64_COLUMNS = [64, 76] as const

/**
 * The forms of a secret, each character a byte. Of several lines each is looked for by itself too, since what a host
 * prints comes line by line.
 */
export function formsOf(secret: string): string[] {
  const parts = new Set([secret, ...secret.split(/[\r\n]+/).map((line) => line.trim())])
  const long = [...parts].filter((part) => part.trim().length >= MIN_LENGTH)
  return [...long.flatMap(formsOfPart), ...(long.includes(secret) ? wrappedBase64(secret) : [])]
}

function formsOfPart(part: string): string[] {
  const bytes = Buffer.from(part)
  const hex = bytes.toString('hex')
  const base64 = bytes.toString('base64')
  // Some leave the padding away.
  return [bytes.toString('latin1'), hex, hex.toUpperCase(), base64, base64.replace(/=+$/, ''), ...insideBase64(bytes)]
}

/** How bytes look inside the base64 of more, at each of the three ways they may fall. */
function insideBase64(bytes: Buffer): string[] {
  return [0, 1, 2].map((before) => unshared(bytes, before)).filter((form) => form.length >= MIN_BASE64)
}

/** Without the characters that also hold bits of what stands before or after. */
function unshared(bytes: Buffer, before: number): string {
  const shifted = before === 0 ? bytes : Buffer.concat([Buffer.alloc(before), bytes])
  return shifted.toString('base64').slice(before === 0 ? 0 : before + 1, Math.floor((shifted.length * 8) / 6))
}

/** The lines of its base64 where that is broken into lines; the last also where more follows (a newline, mostly). */
function wrappedBase64(secret: string): string[] {
  const bytes = Buffer.from(secret)
  return [bytes.toString('base64'), unshared(bytes, 0)].flatMap((base64) =>
    BASE64_COLUMNS.filter((columns) => base64.length > columns).flatMap((columns) =>
      Array.from({ length: Math.ceil(base64.length / columns) }, (_, i) =>
        base64.slice(i * columns, (i + 1) * columns),
      ).filter((line) => line.length >= MIN_BASE64),
    ),
  )
}
