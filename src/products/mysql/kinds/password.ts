import { hash, timingSafeEqual } from 'node:crypto'

/**
 * Whether a password is the one that a caching_sha2_password account holds. The stored hash is salted, so that it can
 * only be recomputed with its own salt: `$A$` + rounds in thousands, three hex digits (005 in 8.0, 00A in 9.x) + `$` +
 * 20 bytes of salt + 43 characters of digest, which is SHA-crypt of Ulrich Drepper's specification with a longer salt.
 * Source: sql/auth/sha2_password_common.cc and mysys/crypt_genhash_impl.cc of MySQL; checked against 9.7.
 *
 * Here and not by a login on the target: an account may be for other hosts only, a login costs a process, and its
 * failures fill the server's log.
 * @param stored authentication_string, byte for byte
 */
export function holdsPassword(stored: Uint8Array, password: string): boolean {
  const bytes = Buffer.from(stored)
  const head = /^\$A\$([0-9A-Fa-f]{3})\$$/.exec(bytes.subarray(0, 7).toString('latin1'))
  // An empty password is stored as an empty string.
  if (bytes.length === 0) return password === ''
  if (head?.[1] === undefined || bytes.length !== 70 || password === '') return false
  const rounds = Number.parseInt(head[1], 16) * 1000
  const digest = Buffer.from(sha256Crypt(Buffer.from(password), bytes.subarray(7, 27), rounds))
  return timingSafeEqual(digest, bytes.subarray(27))
}

const sha256 = (...parts: readonly Uint8Array[]): Buffer => hash('sha256', Buffer.concat(parts), 'buffer')

/** The digest, over and over, up to a length. */
const stretched = (digest: Uint8Array, length: number): Buffer =>
  length === 0 ? Buffer.alloc(0) : Buffer.alloc(length, digest)

/** SHA-crypt's digest in its own base64. Step numbers: https://www.akkadia.org/drepper/SHA-crypt.txt. */
export function sha256Crypt(password: Buffer, salt: Buffer, rounds: number): string {
  // 4–12
  const b = sha256(password, salt, password)
  const bits = [...password.length.toString(2)].reverse()
  const a = sha256(password, salt, stretched(b, password.length), ...bits.map((bit) => (bit === '1' ? b : password)))
  // 13–20
  const p = stretched(sha256(...Array<Buffer>(password.length).fill(password)), password.length)
  const s = stretched(sha256(...Array<Buffer>(16 + (a[0] ?? 0)).fill(salt)), salt.length)
  return encode(mixed(a, p, s, rounds))
}

/**
 * Step 21. What a round hashes repeats every 42 rounds but for the last digest in it, so the inputs are laid out once:
 * with thousands of rounds for each account this is what the time goes into.
 */
function mixed(a: Buffer, p: Buffer, s: Buffer, rounds: number): Buffer {
  const layouts = Array.from({ length: 42 }, (_, i) => {
    const middle = [...(i % 3 ? [s] : []), ...(i % 7 ? [p] : [])]
    const isOdd = i % 2 === 1
    const input = Buffer.concat(isOdd ? [p, ...middle, a] : [a, ...middle, p])
    return { input, at: isOdd ? input.length - 32 : 0 }
  })
  let last = a
  for (let i = 0; i < rounds; i++) {
    const layout = layouts[i % 42]
    if (layout === undefined) break
    last.copy(layout.input, layout.at)
    last = hash('sha256', layout.input, 'buffer')
  }
  return last
}

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Step 22e: three bytes at a time, in an order of its own. */
function encode(digest: Buffer): string {
  const byte = (i: number): number => digest[i] ?? 0
  const groups = ORDER.map(([x, y, z]) => letters((byte(x) << 16) | (byte(y) << 8) | byte(z), 4))
  return [...groups, letters((byte(31) << 8) | byte(30), 3)].join('')
}

const ORDER = [
  [0, 10, 20],
  [21, 1, 11],
  [12, 22, 2],
  [3, 13, 23],
  [24, 4, 14],
  [15, 25, 5],
  [6, 16, 26],
  [27, 7, 17],
  [18, 28, 8],
  [9, 19, 29],
] as const

const letters = (value: number, count: number): string =>
  Array.from({ length: count }, (_, i) => ALPHABET[(value >> (6 * i)) & 63] ?? '').join('')
