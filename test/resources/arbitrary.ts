import fc from 'fast-check'

/** What breaks careless quoting, beside any Unicode. */
const nasty = fc.constantFrom(
  "'",
  '"',
  '\n',
  '$',
  '`',
  '\\',
  ' ',
  '\t',
  '*',
  '?',
  '[',
  '!',
  '-',
  '#',
  '~',
  'é',
  '𝄞',
  '%',
)

const fits = (name: string) =>
  name !== '.' && name !== '..' && Buffer.byteLength(name) <= 200 && Buffer.from(name).toString() === name

/** A name that a file can have, as odd as they come. */
export const fileName = fc
  .array(fc.oneof(nasty, fc.constantFrom('a', 'b', 'c'), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 2 })), {
    minLength: 1,
    maxLength: 12,
  })
  .map((parts) => parts.join('').replaceAll(/[/\0]/g, '_'))
  .filter(fits)

/** Any text without NUL. */
export const text = fc
  .array(fc.oneof(nasty, fc.string({ unit: 'grapheme', maxLength: 8 })), { maxLength: 12 })
  .map((parts) => parts.join('').replaceAll('\0', ''))
  .filter((value) => Buffer.from(value).toString() === value)
